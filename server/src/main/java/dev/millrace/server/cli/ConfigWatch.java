package dev.millrace.server.cli;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a file has another content, once it has kept still for a moment. It watches the folder, for editors and
 * Kubernetes put a new file in place of the old one.
 */
final class ConfigWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

    /** Who writes a file in pieces is done within this; who waits for the change does not notice it. */
    private static final long STILL_MILLIS = 300;

    private final Path file;
    private final Runnable changed;
    private final WatchService folder;
    private byte[] content;

    /** @param changed is run on a thread of this watch's own, for one change at a time */
    ConfigWatch(Path file, Runnable changed) throws IOException {
        this.file = file.toAbsolutePath();
        this.changed = changed;
        this.content = Files.readAllBytes(file);
        this.folder = file.getFileSystem().newWatchService();
        Objects.requireNonNull(this.file.getParent(), "a file is in a folder")
                .register(
                        folder,
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_MODIFY,
                        StandardWatchEventKinds.ENTRY_DELETE);
    }

    /** Begins to watch. Once. */
    void start() {
        // Not virtual: on some systems it waits in native code.
        Thread.ofPlatform().daemon().name("millrace-config").start(this::watch);
    }

    private void watch() {
        try {
            while (true) {
                WatchKey key = folder.take();
                while (key != null) {
                    key.pollEvents();
                    if (!key.reset()) {
                        LOG.warn("the folder of {} is gone: changes of the file are not noticed any more", file);
                        return;
                    }
                    key = folder.poll(STILL_MILLIS, TimeUnit.MILLISECONDS);
                }
                look();
            }
        } catch (ClosedWatchServiceException | InterruptedException closed) {
            LOG.debug("{} is not watched any more", file);
        }
    }

    private void look() {
        byte[] now;
        try {
            now = Files.readAllBytes(file);
        } catch (IOException e) {
            // Moved away, to be replaced in a moment; or for good, and then what it said still holds.
            LOG.debug("{} can't be read now", file, e);
            return;
        }
        if (now.length > 0 && !Arrays.equals(now, content)) {
            content = now;
            changed.run();
        }
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
