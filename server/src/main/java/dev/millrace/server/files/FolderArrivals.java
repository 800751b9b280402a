package dev.millrace.server.files;

import dev.millrace.server.files.Uploads.About;
import dev.millrace.server.files.Uploads.Busy;
import dev.millrace.server.files.Uploads.TooLarge;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Uploads arrive in a folder: {@code ID/about.json} says what one is to be, {@code ID/.part} is what is here of it. What was
 * acknowledged is synced to the disk. A lock on the part keeps two servers that share the folder from writing to it at once;
 * it ends with its process, however that ends.
 */
final class FolderArrivals implements Arrivals {
    private static final String PART = ".part";
    private static final int BUFFER = 64 << 10;

    private final Path root;
    private final FolderVault vault;
    private final Map<String, ReentrantLock> writers = new ConcurrentHashMap<>();

    /** @param vault where whole files go, in the same folder */
    FolderArrivals(Path root, FolderVault vault) {
        this.root = root;
        this.vault = vault;
    }

    @Override
    public void begin(About about) throws IOException {
        try {
            Files.createDirectories(folder(about.id()));
            Files.write(part(about.id()), new byte[0]);
            about.write(folder(about.id()).resolve(Uploads.ABOUT));
        } catch (IOException e) {
            Uploads.remove(folder(about.id()));
            throw NoRoom.orElse(e, root);
        }
    }

    @Override
    public Optional<About> find(String id) throws IOException {
        try {
            return Optional.of(About.read(folder(id).resolve(Uploads.ABOUT))).filter(about -> !about.isWhole());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public long offset(About about) throws IOException {
        try {
            return Files.size(part(about.id()));
        } catch (NoSuchFileException e) {
            // A crash came after the part had become the file, and before that was noted.
            return Files.size(folder(about.id()).resolve(about.name()));
        }
    }

    @Override
    public About append(About about, InputStream bytes, long limit) throws IOException {
        try (Writing writing = write(about.id())) {
            long length = write(writing.channel, bytes, limit);
            return about.size() < 0 || length == about.size() ? finish(about, length, writing.channel) : about;
        } catch (NoSuchFileException e) {
            return ended(about);
        }
    }

    /** The part is gone: another server has just ended it, or a crash came when only a note was missing. */
    private About ended(About about) throws IOException {
        try (FileChannel file = FileChannel.open(folder(about.id()).resolve(about.name()), StandardOpenOption.READ)) {
            if (file.size() == about.size()) {
                About whole = about.whole(about.size(), sha256(file));
                vault.note(whole);
                return whole;
            }
        } catch (NoSuchFileException e) {
            // It was removed.
        }
        throw new Busy();
    }

    /** The one who may write to an upload, here and elsewhere, until it is closed. */
    private final class Writing implements AutoCloseable {
        private final String id;
        private final ReentrantLock writer;
        private final FileChannel channel;

        Writing(String id, ReentrantLock writer, FileChannel channel) {
            this.id = id;
            this.writer = writer;
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                writers.remove(id, writer);
            } finally {
                writer.unlock();
            }
        }
    }

    private Writing write(String id) throws IOException {
        ReentrantLock writer = writers.computeIfAbsent(id, i -> new ReentrantLock());
        if (!writer.tryLock()) {
            throw new Busy();
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(part(id), StandardOpenOption.READ, StandardOpenOption.WRITE);
            lock(channel);
            return new Writing(id, writer, channel);
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            writers.remove(id, writer);
            writer.unlock();
            throw e;
        }
    }

    /** It ends with the channel, or with this process. Other threads of this one are kept away by the writer's lock. */
    private static void lock(FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            throw new Busy();
        }
        if (lock == null) {
            throw new Busy();
        }
    }

    private long write(FileChannel channel, InputStream bytes, long limit) throws IOException {
        long before = channel.size();
        long at = before;
        channel.position(at);
        byte[] buffer = new byte[BUFFER];
        try {
            for (int n; (n = bytes.read(buffer)) >= 0; ) {
                if (at + n > limit) {
                    throw new TooLarge();
                }
                for (ByteBuffer some = ByteBuffer.wrap(buffer, 0, n); some.hasRemaining(); ) {
                    at += write(channel, some, before);
                }
            }
        } finally {
            // Whatever ended this, what is here may be counted on by who goes on later.
            channel.force(false);
        }
        return at;
    }

    private int write(FileChannel channel, ByteBuffer some, long before) throws IOException {
        try {
            return channel.write(some);
        } catch (IOException e) {
            IOException failure = NoRoom.orElse(e, root);
            if (failure instanceof NoRoom) {
                channel.truncate(before);
            }
            throw failure;
        }
    }

    private About finish(About about, long length, FileChannel channel) throws IOException {
        About whole = about.whole(length, sha256(channel));
        vault.take(whole, part(about.id()));
        return whole;
    }

    /** By the channel that holds the lock: closing another of the same file would end it (POSIX, fcntl). */
    private static String sha256(FileChannel channel) throws IOException {
        MessageDigest digest = Uploads.sha256();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        for (long at = 0; channel.read(buffer.clear(), at) >= 0; at += buffer.limit()) {
            digest.update(buffer.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public boolean remove(String id, Wanted wanted) throws IOException {
        try (Writing writing = write(id)) {
            if (!wanted.get()) {
                return false;
            }
            Uploads.remove(folder(id));
            return true;
        } catch (Busy e) {
            return false;
        } catch (NoSuchFileException e) {
            if (!wanted.get()) {
                return false;
            }
            Uploads.remove(folder(id));
            return true;
        }
    }

    @Override
    public void forEach(Consumer<About> found) throws IOException {
        Uploads.forEach(root, about -> {
            if (!about.isWhole()) {
                found.accept(about);
            }
        });
    }

    private Path folder(String id) {
        return root.resolve(id);
    }

    private Path part(String id) {
        return folder(id).resolve(PART);
    }
}
