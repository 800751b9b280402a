package dev.millrace.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Units in a folder, one file for each: a head of 16 bytes (a magic number, the length, a CRC-32C of name and content),
 * then the bytes. A file is written under another name and renamed when it is whole; what a crash or a bad disk leaves
 * behind fails its checksum, is removed, and is a miss. So nothing needs to be synced.
 *
 * <p>A disk that fails or is full costs the units that would have been written, and is left alone for a while. Safe for
 * use by many threads.
 */
final class CacheFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CacheFolder.class);
    private static final int MAGIC = 0x4d524231; // MRB1
    private static final int HEAD = 16;
    private static final String UNFINISHED = ".part";
    private static final long LEFT_ALONE = Duration.ofSeconds(30).toNanos();

    private final Path root;
    private final Shelf<Boolean> shelf;
    private final Set<String> found = new LinkedHashSet<>();
    private boolean failed;
    private long failedAt;

    private CacheFolder(Path root, long capacity) {
        this.root = root;
        this.shelf = new Shelf<>(capacity);
    }

    /** Takes over what an earlier process left there, the oldest first to go if it is more than {@code capacity} bytes. */
    static CacheFolder open(Path root, long capacity) throws IOException {
        Files.createDirectories(root);
        CacheFolder folder = new CacheFolder(root, capacity);
        folder.takeOver();
        return folder;
    }

    private record Found(CacheKey key, int bytes, FileTime written) {}

    private void takeOver() throws IOException {
        List<Found> units = new ArrayList<>();
        try (DirectoryStream<Path> drawers = Files.newDirectoryStream(root, "[0-9a-f][0-9a-f]")) {
            for (Path drawer : drawers) {
                if (!Files.isDirectory(drawer)) {
                    continue;
                }
                try (DirectoryStream<Path> files = Files.newDirectoryStream(drawer)) {
                    for (Path file : files) {
                        String name = file.getFileName().toString();
                        if (name.endsWith(UNFINISHED)) {
                            Files.deleteIfExists(file);
                            continue;
                        }
                        try {
                            units.add(new Found(
                                    CacheKey.ofFileName(name),
                                    (int) Files.size(file),
                                    Files.getLastModifiedTime(file)));
                        } catch (IllegalArgumentException e) {
                            LOG.warn("not ours, and left alone: {}", file);
                        }
                    }
                }
            }
        }
        units.sort(Comparator.comparing(Found::written));
        for (Found unit : units) {
            boolean _ = found.remove(unit.key.version());
            boolean _ = found.add(unit.key.version());
            shelf.put(unit.key, true, unit.bytes).forEach(gone -> delete(gone.key()));
        }
    }

    /** The versions of files that an earlier process left units of; last the one that was written to last. */
    Set<String> found() {
        return found;
    }

    synchronized boolean contains(CacheKey key) {
        return shelf.contains(key);
    }

    synchronized long bytes() {
        return shelf.bytes();
    }

    /** The unit, if it is here and whole. */
    @Nullable ByteBuffer read(CacheKey key, int length) {
        synchronized (this) {
            if (shelf.get(key) == null) {
                return null;
            }
        }
        ByteBuffer head = ByteBuffer.allocate(HEAD);
        ByteBuffer content = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(path(key), StandardOpenOption.READ)) {
            boolean whole = channel.size() == HEAD + length && fill(channel, head, 0) && fill(channel, content, HEAD);
            head.flip();
            content.flip();
            if (whole
                    && head.getInt() == MAGIC
                    && head.getInt() == length
                    && head.getInt() == checksum(key, content.duplicate())) {
                return content;
            }
            LOG.warn("a damaged unit in the cache, removed: {}", path(key));
        } catch (NoSuchFileException e) {
            LOG.debug("{} has gone from the cache", key);
        } catch (IOException e) {
            LOG.warn("the cache cannot read {}: {}", path(key), e.toString());
        }
        remove(key);
        return null;
    }

    private static boolean fill(FileChannel channel, ByteBuffer into, long from) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, from + into.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    private static int checksum(CacheKey key, ByteBuffer content) {
        CRC32C crc = new CRC32C();
        crc.update(key.fileName().getBytes(StandardCharsets.US_ASCII));
        crc.update(content);
        return (int) crc.getValue();
    }

    /** Keeps the unit, or fails to. By one thread. */
    void write(CacheKey key, ByteBuffer content) {
        if (isLeftAlone() || contains(key)) {
            return;
        }
        Path target = path(key);
        Path part = target.resolveSibling(target.getFileName() + UNFINISHED);
        int length = content.remaining();
        ByteBuffer all = ByteBuffer.allocate(HEAD + length);
        all.putInt(MAGIC).putInt(length).putInt(checksum(key, content.duplicate()));
        all.position(HEAD).put(content.duplicate()).flip();
        try {
            Files.createDirectories(target.getParent());
            try (FileChannel channel = FileChannel.open(
                    part, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                while (all.hasRemaining()) {
                    channel.write(all);
                }
            }
            rename(part, target);
        } catch (IOException e) {
            leaveAlone(e);
            deleteQuietly(part);
            return;
        }
        List<Shelf.Gone<Boolean>> gone;
        synchronized (this) {
            gone = shelf.put(key, true, all.limit());
        }
        gone.forEach(each -> delete(each.key()));
    }

    private static void rename(Path part, Path target) throws IOException {
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private synchronized boolean isLeftAlone() {
        if (failed && System.nanoTime() - failedAt >= LEFT_ALONE) {
            failed = false;
        }
        return failed;
    }

    private synchronized void leaveAlone(IOException e) {
        failed = true;
        failedAt = System.nanoTime();
        LOG.warn("the cache cannot write to {} and does without for 30 s: {}", root, e.toString());
    }

    private void remove(CacheKey key) {
        synchronized (this) {
            shelf.remove(key);
        }
        delete(key);
    }

    private void delete(CacheKey key) {
        deleteQuietly(path(key));
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("the cache cannot remove {}: {}", file, e.toString());
        }
    }

    private Path path(CacheKey key) {
        return root.resolve(key.version().substring(0, 2)).resolve(key.fileName());
    }
}
