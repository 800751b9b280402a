package dev.millrace.server.files;

import dev.millrace.files.MediaTypes;
import dev.millrace.files.Source;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files that were uploaded. While one arrives it is in a folder of ours: {@code ID/about.json} says what it is to be, {@code
 * ID/.part} is what is here of it. When it is whole the {@link Vault} takes it over. An id is 128 random bits, so that one
 * file's tells nothing about another's.
 *
 * <p>What was acknowledged is synced to the disk: the bytes before their count is told, the file before the vault has it.
 * After a crash an upload goes on from what is in its part, here or at another server that shares the folder. One writer at
 * a time for each file, among all who share it. Safe for use by many threads.
 */
final class Uploads implements AutoCloseable {
    /** Where they are served: {@code /files/uploads/ID/NAME}. No other source may be called so. */
    static final String SOURCE = "uploads";

    static final String ABOUT = "about.json";

    private static final String PART = ".part";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final int ID_BYTES = 16;
    private static final int BUFFER = 64 << 10;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path root;
    private final Vault vault;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, ReentrantLock> writers = new ConcurrentHashMap<>();

    /** In a folder that is both: where they arrive, and where they stay. */
    Uploads(Path root, InstantSource clock) {
        this(root, new FolderVault(root), clock);
    }

    /** @param root where they are until they are whole */
    Uploads(Path root, Vault vault, InstantSource clock) {
        this.root = root;
        this.vault = vault;
        this.clock = clock;
    }

    /** Whose a file is. */
    @FunctionalInterface
    interface Owners {
        /** @param path below {@code /files/uploads/} */
        boolean owns(String owner, String path) throws IOException;
    }

    /**
     * What is known of an uploaded file.
     *
     * @param size in bytes, announced or counted; -1 while neither is so
     * @param sha256 of the whole, in hexadecimal; null until it is here
     */
    record About(
            String id,
            String owner,
            String name,
            String mediaType,
            long size,
            @Nullable String sha256,
            String created) {
        boolean isWhole() {
            return sha256 != null;
        }

        /** Where it is served, name encoded. */
        String url() {
            return "/files/" + SOURCE + '/' + id + '/' + Urls.encoded(name);
        }

        byte[] json() {
            return JSON.writeValueAsBytes(this);
        }

        static About of(byte[] json) throws IOException {
            try {
                return JSON.readValue(json, About.class);
            } catch (JacksonException e) {
                throw new IOException("cannot be read: " + ABOUT, e);
            }
        }

        static About read(Path file) throws IOException {
            try {
                return of(Files.readAllBytes(file));
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                throw new IOException("cannot be read: " + file, e);
            }
        }

        /** When this returns it is on the disk: all of it, or what was there before. */
        void write(Path file) throws IOException {
            Path part = file.resolveSibling(file.getFileName() + PART);
            Files.write(
                    part,
                    json(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.SYNC);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Somebody else writes to this file at this moment. */
    static final class Busy extends IOException {
        private static final long serialVersionUID = 1L;

        Busy() {
            super("another request writes to this upload");
        }
    }

    /** More bytes came than were announced or allowed. */
    static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("the upload is larger than announced or allowed");
        }
    }

    /** Gives whole files at {@code ID/NAME}; to be closed. */
    Source source() {
        return vault.source();
    }

    /**
     * Makes room for a file.
     *
     * @param size in bytes, or -1 if that is not known yet
     */
    About create(String owner, String name, String mediaType, long size) throws IOException {
        byte[] bits = new byte[ID_BYTES];
        random.nextBytes(bits);
        return create(HexFormat.of().formatHex(bits), owner, name, mediaType, size);
    }

    private About create(String id, String owner, String name, String mediaType, long size) throws IOException {
        About about = new About(
                id,
                owner,
                fileName(name),
                mediaType,
                size,
                null,
                clock.instant().toString());
        try {
            Files.createDirectories(folder(about.id));
            Files.write(part(about.id), new byte[0]);
            about.write(folder(about.id).resolve(ABOUT));
        } catch (IOException e) {
            remove(folder(about.id));
            throw NoRoom.orElse(e, root);
        }
        return about;
    }

    /**
     * Keeps bytes as a whole file. The same bytes from the same maker are one file, however often this is called.
     *
     * @param maker tells what they are of
     * @param mediaType null for what the name says
     */
    About keep(String owner, String maker, String name, @Nullable String mediaType, byte[] bytes) throws IOException {
        MessageDigest digest = sha256();
        digest.update((owner + '\n' + maker + '\n').getBytes(StandardCharsets.UTF_8));
        String id = HexFormat.of().formatHex(digest.digest(bytes), 0, ID_BYTES);
        Optional<About> there = vault.find(id);
        if (there.isPresent()) {
            return there.get();
        }
        String type = mediaType == null ? MediaTypes.ofName(name) : mediaType;
        About about = create(id, owner, name, type, bytes.length);
        try {
            return append(about, new ByteArrayInputStream(bytes), bytes.length);
        } catch (NoRoom e) {
            delete(about);
            throw e;
        }
    }

    /** All bytes of a whole file. */
    byte[] read(About about) throws IOException {
        return vault.read(about);
    }

    /** A name that can be one on any disk and in any URL: no separators, no controls, no dot in front, 200 bytes at most. */
    static String fileName(String wanted) {
        StringBuilder name = new StringBuilder();
        wanted.codePoints()
                .filter(c -> c != '/' && c != '\\' && !Character.isISOControl(c) && !(c >= 0xD800 && c <= 0xDFFF))
                .forEach(name::appendCodePoint);
        String clean = name.toString().strip().replaceFirst("^\\.+", "").strip();
        while (clean.getBytes(StandardCharsets.UTF_8).length > 200) {
            clean = clean.substring(clean.offsetByCodePoints(0, 1));
        }
        return clean.isEmpty() || clean.equals(ABOUT) ? "file" : clean;
    }

    Optional<About> find(String owner, String id) throws IOException {
        return about(id).filter(about -> about.owner.equals(owner));
    }

    private Optional<About> about(String id) throws IOException {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        Optional<About> whole = vault.find(id);
        if (whole.isPresent()) {
            return whole;
        }
        try {
            return Optional.of(About.read(folder(id).resolve(ABOUT)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** As {@link Owners#owns}. */
    boolean owns(String owner, String path) throws IOException {
        return at(owner, path).isPresent();
    }

    /** The owner's whole file at {@code ID/NAME}. */
    Optional<About> at(String owner, String path) throws IOException {
        int slash = path.indexOf('/');
        return slash < 0
                ? Optional.empty()
                : find(owner, path.substring(0, slash))
                        .filter(about -> about.isWhole() && about.name.equals(path.substring(slash + 1)));
    }

    /** How many bytes are here. */
    long offset(About about) throws IOException {
        return about.isWhole() ? about.size : Files.size(part(about.id));
    }

    /**
     * Appends what comes, and makes the file whole if it is all there then.
     *
     * @param most bytes of the file in all, if its size was not announced
     * @return what is known after
     * @throws TooLarge if more came than was announced or allowed; what came before that is kept
     * @throws Busy if another thread is at it, or another process on the same folder
     * @throws NoRoom if the disk is full; what this call has brought is gone, what was there before is kept
     * @throws IOException from the client, the disk or the bucket; what was synced before is kept
     */
    About append(About about, InputStream bytes, long most) throws IOException {
        ReentrantLock writer = writers.computeIfAbsent(about.id, id -> new ReentrantLock());
        if (!writer.tryLock()) {
            throw new Busy();
        }
        try (FileChannel channel = FileChannel.open(part(about.id), StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = lock(channel)) {
            long limit = about.size >= 0 ? about.size : most;
            long length = write(channel, bytes, limit);
            return about.size < 0 || length == about.size ? finish(about, length, channel) : about;
        } catch (NoSuchFileException e) {
            throw new Busy(); // Another server has just ended it, or removed it.
        } finally {
            writer.unlock();
            writers.remove(about.id, writer);
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

    /** It ends with the channel, or with this process. Other threads of this one are kept away by the writer's lock. */
    private static FileLock lock(FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            throw new Busy();
        }
        if (lock == null) {
            throw new Busy();
        }
        return lock;
    }

    private About finish(About about, long length, FileChannel channel) throws IOException {
        About whole =
                new About(about.id, about.owner, about.name, about.mediaType, length, sha256(channel), about.created);
        vault.take(whole, part(about.id));
        if (Files.exists(part(about.id))) {
            remove(folder(about.id)); // it is elsewhere now
        }
        return whole;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /** By the channel that holds the lock: closing another of the same file would end it (POSIX, fcntl). */
    private static String sha256(FileChannel channel) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        for (long at = 0; channel.read(buffer.clear(), at) >= 0; at += buffer.limit()) {
            digest.update(buffer.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Removes a file, whole or not. Readers that have it open read on. */
    void delete(About about) throws IOException {
        if (about.isWhole()) {
            vault.delete(about);
        }
        remove(folder(about.id));
    }

    /** Removes a folder of files. */
    static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    @Override
    public void close() {
        vault.close();
    }

    private Path folder(String id) {
        return root.resolve(id);
    }

    private Path part(String id) {
        return folder(id).resolve(PART);
    }
}
