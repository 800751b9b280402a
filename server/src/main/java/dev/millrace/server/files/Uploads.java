package dev.millrace.server.files;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.FileRegister.Entry;
import dev.millrace.files.MediaTypes;
import dev.millrace.files.Source;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files that were uploaded. While one arrives it is in {@link Arrivals}; when it is whole the {@link Vault} takes it over;
 * and the {@link FileRegister} knows of it from before its first byte until after its last is gone. An id is 128 random bits,
 * so that one file's tells nothing about another's.
 *
 * <p>What was acknowledged survives a crash: the bytes before their count is told, the file before the vault has it. The
 * vault decides whether a file is there; what a crash has kept from the register, {@link UploadSweep} tells it later. Safe for
 * use by many threads.
 */
final class Uploads implements AutoCloseable {
    /** Where they are served: {@code /files/uploads/ID/NAME}. No other source may be called so. */
    static final String SOURCE = "uploads";

    static final String ABOUT = "about.json";

    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final int ID_BYTES = 16;

    /** A transfer that goes on is noted so often. */
    private static final Duration NOTED = Duration.ofMinutes(1);

    private final Arrivals arrivals;
    private final Vault vault;
    private final FileRegister register;
    private final UploadLife life;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    Uploads(Arrivals arrivals, Vault vault, FileRegister register, UploadLife life, InstantSource clock) {
        this.arrivals = arrivals;
        this.vault = vault;
        this.register = register;
        this.life = life;
        this.clock = clock;
    }

    /** In a folder that is both: where they arrive, and where they stay. */
    static Uploads inFolder(Path root, FileRegister register, UploadLife life, InstantSource clock) {
        FolderVault vault = new FolderVault(root);
        return new Uploads(new FolderArrivals(root, vault), vault, register, life, clock);
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

        /** The same, all of it here. */
        About whole(long length, String hash) {
            return new About(id, owner, name, mediaType, length, hash, created);
        }

        /** As the register has it. */
        Entry entry(Instant touchedAt, @Nullable Instant looseSince) {
            return new Entry(
                    id,
                    owner,
                    name,
                    mediaType,
                    Math.max(0, size),
                    sha256,
                    Instant.parse(created),
                    touchedAt,
                    looseSince,
                    false);
        }

        static About of(Entry entry) {
            return new About(
                    entry.id(),
                    entry.owner(),
                    entry.name(),
                    entry.mediaType(),
                    entry.size(),
                    entry.sha256(),
                    entry.createdAt().toString());
        }

        /** Where it is served, name encoded. */
        String url() {
            return "/files/" + SOURCE + '/' + id + '/' + Urls.encoded(name);
        }

        byte[] json() {
            return JsonMapper.shared().writeValueAsBytes(this);
        }

        static About of(byte[] json) throws IOException {
            try {
                return JsonMapper.shared().readValue(json, About.class);
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
            Path part = file.resolveSibling(file.getFileName() + ".part");
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

    /** The owner's files would be more than they may. */
    static final class OverQuota extends IOException {
        private static final long serialVersionUID = 1L;

        private final long quota;

        OverQuota(long quota) {
            super("an owner's files may have " + quota + " bytes together");
            this.quota = quota;
        }

        long quota() {
            return quota;
        }
    }

    /** It arrives at another server, whose place for that is not shared. */
    static final class Elsewhere extends IOException {
        private static final long serialVersionUID = 1L;

        Elsewhere() {
            super("this upload arrives at another server");
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
     * @throws OverQuota if the owner has no room for it
     */
    About create(String owner, String name, String mediaType, long size) throws IOException {
        byte[] bits = new byte[ID_BYTES];
        random.nextBytes(bits);
        Instant now = clock.instant();
        // What nobody ever names is loose from the beginning, for a time that ends together with its grace.
        Instant loose = life.unused() == null ? null : now.plus(life.unused()).minus(life.grace());
        return create(HexFormat.of().formatHex(bits), owner, name, mediaType, size, loose);
    }

    private About create(
            String id, String owner, String name, String mediaType, long size, @Nullable Instant looseSince)
            throws IOException {
        Instant now = clock.instant();
        About about = new About(id, owner, fileName(name), mediaType, size, null, now.toString());
        if (!register.add(about.entry(now, looseSince), life.quota())) {
            throw new OverQuota(life.quota());
        }
        try {
            arrivals.begin(about);
        } catch (IOException e) {
            register.remove(id);
            throw e;
        }
        return about;
    }

    /**
     * Keeps bytes as a whole file. The same bytes from the same maker are one file, however often this is called. It is loose
     * until a conversation names it, so that what a crash has kept from being told does not stay for ever.
     *
     * @param maker tells what they are of
     * @param mediaType null for what the name says
     */
    About keep(String owner, String maker, String name, @Nullable String mediaType, byte[] bytes) throws IOException {
        for (int time = 0; ; time++) {
            MessageDigest digest = sha256();
            digest.update(
                    (owner + '\n' + maker + '\n' + (time == 0 ? "" : time + "\n")).getBytes(StandardCharsets.UTF_8));
            String id = HexFormat.of().formatHex(digest.digest(bytes), 0, ID_BYTES);
            if (!register.hold(id, clock.instant())) {
                continue; // It is just being removed.
            }
            Optional<About> there = vault.find(id);
            if (there.isPresent()) {
                return there.get();
            }
            String type = mediaType == null ? MediaTypes.ofName(name) : mediaType;
            About about = create(id, owner, name, type, bytes.length, clock.instant());
            try {
                return append(about, new ByteArrayInputStream(bytes), bytes.length);
            } catch (NoRoom e) {
                delete(about);
                throw e;
            }
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
        return whole.isPresent() ? whole : arrivals.find(id);
    }

    /**
     * The owner's upload or file, to go on with or to look at.
     *
     * @throws Elsewhere if it arrives where this server does not see it
     */
    Optional<About> arriving(String owner, String id) throws IOException {
        Optional<About> about = find(owner, id);
        if (about.isEmpty() && ID.matcher(id).matches()) {
            Entry entry = register.find(id);
            if (entry != null && entry.owner().equals(owner) && !entry.isWhole() && !entry.removing()) {
                throw new Elsewhere();
            }
        }
        return about;
    }

    /** The owner's whole file at {@code ID/NAME}, which is about to be named in a conversation and so stays for a while. */
    Optional<About> held(String owner, String path) throws IOException {
        String id = path.replaceFirst("/.*", "");
        if (!ID.matcher(id).matches() || !register.hold(id, clock.instant())) {
            return Optional.empty();
        }
        vault.forget(id);
        return at(owner, path);
    }

    /** What is registered of a file; null if nothing is. */
    @Nullable Entry registered(String id) {
        return register.find(id);
    }

    /** The owner's whole files, the newest first. */
    Page<Entry> list(String owner, int limit, @Nullable String after) {
        return register.list(owner, limit, after);
    }

    /** What the owner's files and uploads take. */
    FileRegister.Space space(String owner) {
        return register.space(owner);
    }

    UploadLife life() {
        return life;
    }

    /** When a file is removed if no chat names it before; null: it is not. */
    @Nullable Instant removal(Entry entry) {
        Instant loose = entry.looseSince();
        return loose == null ? null : loose.plus(life.grace());
    }

    /** When an upload that is under way is given up if nothing more comes. */
    Instant expiry(About about) {
        Entry entry = register.find(about.id);
        return (entry == null ? clock.instant() : entry.touchedAt()).plus(life.unfinished());
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
        return about.isWhole() ? about.size : arrivals.offset(about);
    }

    /** Ends an upload all of whose bytes are here, which a crash has kept from being ended. */
    About settled(About about) throws IOException {
        return !about.isWhole() && about.size >= 0 && arrivals.offset(about) == about.size
                ? append(about, InputStream.nullInputStream(), about.size)
                : about;
    }

    /**
     * Appends what comes, and makes the file whole if it is all there then.
     *
     * @param most bytes of the file in all, if its size was not announced
     * @return what is known after
     * @throws TooLarge if more came than was announced or allowed; what came before that is kept
     * @throws OverQuota if the file, whose size was not announced, has no room among its owner's
     * @throws Busy if another thread is at it, or another process on the same place
     * @throws NoRoom if the disk is full; what this call has brought is gone, what was there before is kept
     * @throws IOException from the client, the disk or the bucket; what was synced before is kept
     */
    About append(About about, InputStream bytes, long most) throws IOException {
        // Noted first, so that nobody gives it up meanwhile.
        boolean _ = register.grow(about.id, 0, clock.instant(), FileRegister.NO_QUOTA);
        long limit = about.size >= 0 ? about.size : most;
        long left = about.size >= 0 || !life.hasQuota()
                ? Long.MAX_VALUE
                : life.quota() - register.space(about.owner).bytes();
        About after;
        try {
            after = arrivals.append(about, new Noted(bytes, about.id), Math.min(limit, left));
        } catch (TooLarge e) {
            throw left < limit ? new OverQuota(life.quota()) : e;
        }
        Instant now = clock.instant();
        if (after.sha256 == null) {
            var _ = register.grow(about.id, 0, now, FileRegister.NO_QUOTA);
        } else if (register.grow(about.id, after.size, now, life.quota())) {
            register.finish(about.id, after.size, after.sha256, now);
        } else {
            delete(after); // Others of the same owner came in between.
            throw new OverQuota(life.quota());
        }
        return after;
    }

    /** What a client sends; that it does is noted now and then. */
    private final class Noted extends FilterInputStream {
        private final String id;
        private Instant next = clock.instant().plus(NOTED);

        Noted(InputStream bytes, String id) {
            super(bytes);
            this.id = id;
        }

        @Override
        public int read(byte[] into, int from, int most) throws IOException {
            Instant now = clock.instant();
            if (now.isAfter(next)) {
                boolean _ = register.grow(id, 0, now, FileRegister.NO_QUOTA);
                next = now.plus(NOTED);
            }
            return super.read(into, from, most);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /**
     * Removes a file, whole or not, because its owner wants it so. Readers that have it open read on.
     *
     * @throws Busy if somebody writes to it
     */
    void delete(About about) throws IOException {
        if (!about.isWhole()) {
            if (!arrivals.remove(about.id, () -> true)) {
                throw new Busy();
            }
            register.remove(about.id);
            return;
        }
        register.takeAnyway(about.id);
        removeTaken(about);
    }

    /** Removes a whole file that was taken, or is to be. */
    void removeTaken(About about) throws IOException {
        vault.delete(about);
        register.remove(about.id);
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

    /** Names the uploads in a folder as they are found; what cannot be read is none. */
    static void forEach(Path root, Consumer<About> found) throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : (Iterable<Path>) folders::iterator) {
                if (ID.matcher(String.valueOf(folder.getFileName())).matches()) {
                    try {
                        found.accept(About.read(folder.resolve(ABOUT)));
                    } catch (NoSuchFileException e) {
                        // It has just been made, or is just being removed.
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        vault.close();
    }
}
