package dev.millrace.server.files;

import dev.millrace.engine.store.FileRegister;
import dev.millrace.files.S3Bucket;
import dev.millrace.files.S3Upload;
import dev.millrace.server.files.Uploads.About;
import dev.millrace.server.files.Uploads.Busy;
import dev.millrace.server.files.Uploads.TooLarge;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Uploads arrive in the bucket where they stay, so that every server that has the bucket can go on with every upload.
 *
 * <p>The bucket itself says how far one is. It arrives by S3's multipart upload, cut at multiples of the part's size, which
 * follows from the upload's; what is left behind the last whole part is an object of its own, {@code ID/tail.NUMBER}, named
 * after the part that it begins. {@code ID/arriving.json} says what it is to be and which multipart upload it is. What is
 * smaller than one part is put there whole, and leaves no such traces unless it comes in pieces.
 *
 * <p>One server writes to an upload at a time, by a claim in the register, where the servers share one. Should a claim end
 * before its holder knows, both write the same bytes to the same parts.
 *
 * <p>The file's hash is made on the way; by who did not see all of it, from what is in the bucket.
 */
final class BucketArrivals implements Arrivals {
    /** The smallest that holds what anybody uploads: 10,000 of them are 78 GiB. Larger uploads have larger parts. */
    static final long PART = 8L << 20;

    private static final long LARGEST_PART = 5L << 30;

    /** Where nobody knows how large it becomes. */
    private static final long LARGEST_UNANNOUNCED = 64L << 20;

    private static final String STATE = "arriving.json";
    private static final int BUFFER = 64 << 10;
    private static final int READ_BACK = 8 << 20;
    private static final int REMEMBERED = 1000;
    private static final Duration CLAIM = Duration.ofSeconds(30);

    private final S3Bucket bucket;
    private final BucketVault vault;
    private final Path scratch;
    private final FileRegister register;
    private final InstantSource clock;
    private final long part;
    private final String me = UUID.randomUUID().toString();

    /** How far the hashes of uploads are that this server wrote to last. */
    private final Map<String, Hash> hashes = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Hash> eldest) {
            return size() > REMEMBERED;
        }
    };

    /**
     * @param scratch where a part is gathered; nothing of it is left there
     * @param part the smallest size of a part, {@link #PART} but for tests
     */
    BucketArrivals(
            S3Bucket bucket, BucketVault vault, Path scratch, FileRegister register, InstantSource clock, long part) {
        this.bucket = bucket;
        this.vault = vault;
        this.scratch = scratch;
        this.register = register;
        this.clock = clock;
        this.part = part;
    }

    private record Hash(long bytes, MessageDigest digest) {}

    /** What {@code ID/arriving.json} says. */
    private record State(About about, @Nullable String upload) {
        static State of(byte[] json) throws IOException {
            try {
                return JsonMapper.shared().readValue(json, State.class);
            } catch (JacksonException e) {
                throw new IOException("cannot be read: " + STATE, e);
            }
        }

        @Nullable S3Upload multipart() {
            return upload == null ? null : new S3Upload(BucketVault.key(about), upload);
        }
    }

    /**
     * What the bucket has of an upload.
     *
     * @param parts whole ones, from the first on without a gap; all but the upload's last have the part's size
     * @param tail bytes behind them
     * @param complete whether it is an object already
     */
    private record Here(State state, List<S3Upload.Part> parts, long tail, boolean complete) {
        long partBytes() {
            return parts.stream().mapToLong(S3Upload.Part::size).sum();
        }

        long bytes() {
            return complete ? state.about().size() : partBytes() + tail;
        }
    }

    @Override
    public void begin(About about) throws IOException {
        // Nobody can go on with an upload whose size nobody knows.
        if (about.size() >= 0) {
            save(new State(about, null));
        }
    }

    private void save(State state) throws IOException {
        bucket.put(state.about().id() + '/' + STATE, JsonMapper.shared().writeValueAsBytes(state), "application/json");
    }

    private Optional<State> state(String id) throws IOException {
        Optional<byte[]> json = bucket.get(id + '/' + STATE);
        return json.isEmpty() ? Optional.empty() : Optional.of(State.of(json.get()));
    }

    @Override
    public Optional<About> find(String id) throws IOException {
        return state(id).map(State::about);
    }

    @Override
    public long offset(About about) throws IOException {
        return look(about).bytes();
    }

    private Here look(About about) throws IOException {
        State state = state(about.id()).orElse(new State(about, null));
        S3Upload upload = state.multipart();
        List<S3Upload.Part> whole = new ArrayList<>();
        if (upload != null) {
            Optional<List<S3Upload.Part>> known = bucket.parts(upload);
            List<S3Upload.Part> parts = known.orElse(List.of());
            if (parts.isEmpty() && completed(about)) {
                return new Here(state, List.of(), 0, true);
            }
            if (known.isEmpty()) {
                state = new State(about, null); // The bucket gave it up, by a rule of its own. It begins anew.
            }
            long size = partSize(about, about.size());
            long at = 0;
            for (S3Upload.Part each : parts) {
                boolean fits =
                        each.number() == whole.size() + 1 && (each.size() == size || at + each.size() == about.size());
                if (!fits) {
                    break;
                }
                whole.add(each);
                at += each.size();
            }
        }
        return new Here(state, whole, bucket.size(tail(about, whole.size() + 1)).orElse(0), false);
    }

    private boolean completed(About about) throws IOException {
        OptionalLong size = bucket.size(BucketVault.key(about));
        return size.isPresent() && size.getAsLong() == about.size();
    }

    private static String tail(About about, int number) {
        return about.id() + "/tail." + number;
    }

    private long partSize(About about, long bytes) {
        long least = Math.ceilDiv(bytes, S3Bucket.MOST_PARTS);
        if (least <= part) {
            return part;
        }
        long rounded = Math.ceilDiv(least, 1L << 20) << 20;
        return Math.min(rounded, about.size() >= 0 ? LARGEST_PART : LARGEST_UNANNOUNCED);
    }

    @Override
    public About append(About about, InputStream bytes, long limit) throws IOException {
        claim(about.id());
        try (Writing writing = new Writing(about, limit)) {
            return writing.append(bytes);
        } finally {
            register.release(about.id(), me);
        }
    }

    private void claim(String id) throws Busy {
        if (!register.claim(id, me, clock.instant(), CLAIM)) {
            throw new Busy();
        }
    }

    /** One request that brings bytes of an upload. One thread. */
    private final class Writing implements AutoCloseable {
        private final About about;
        private final long limit;
        private final long size;
        private final FileChannel gathered;
        private final List<S3Upload.Part> parts;
        private final boolean complete;
        private State state;
        private @Nullable MessageDigest digest;
        /** Bytes of the upload before those that are gathered. */
        private long before;

        private long kept;

        Writing(About about, long limit) throws IOException {
            Here here = look(about);
            this.about = about;
            this.limit = limit;
            this.size = partSize(about, about.size() >= 0 ? about.size() : limit);
            this.state = here.state();
            this.parts = new ArrayList<>(here.parts());
            this.complete = here.complete();
            this.before = complete ? about.size() : here.partBytes();
            this.kept = here.tail();
            this.digest = begun(about.id(), here.bytes());
            // It is gone from the folder at once, and from the disk with this process.
            Files.createDirectories(scratch);
            this.gathered = FileChannel.open(
                    scratch.resolve(about.id() + '.' + UUID.randomUUID()),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
            if (kept > 0) {
                gather(bucket.get(tail(about, parts.size() + 1))
                        .orElseThrow(() -> new IOException("the tail of an upload has just gone")));
            }
        }

        private void gather(byte[] some) throws IOException {
            gather(ByteBuffer.wrap(some));
        }

        private void gather(ByteBuffer some) throws IOException {
            try {
                while (some.hasRemaining()) {
                    gathered.write(some);
                }
            } catch (IOException e) {
                throw NoRoom.orElse(e, scratch);
            }
        }

        About append(InputStream bytes) throws IOException {
            try {
                read(bytes);
            } catch (IOException e) {
                keep();
                throw e;
            }
            long length = before + gathered.size();
            if (about.size() >= 0 && length < about.size()) {
                keep();
                return about;
            }
            return finish(length);
        }

        private void read(InputStream bytes) throws IOException {
            byte[] buffer = new byte[BUFFER];
            for (int n; (n = bytes.read(buffer)) >= 0; ) {
                if (before + gathered.size() + n > limit) {
                    throw new TooLarge();
                }
                if (digest != null) {
                    digest.update(buffer, 0, n);
                }
                for (int from = 0; from < n; ) {
                    int some = (int) Math.min(n - from, size - gathered.size());
                    gather(ByteBuffer.wrap(buffer, from, some));
                    from += some;
                    if (gathered.size() == size) {
                        part();
                    }
                }
            }
        }

        /** Gives what is gathered to the bucket, as the next part. */
        private void part() throws IOException {
            claim(about.id());
            S3Upload upload = state.multipart();
            if (upload == null) {
                upload = bucket.begin(BucketVault.key(about), about.mediaType());
                state = new State(about, upload.id());
                save(state);
            }
            long bytes = gathered.size();
            parts.add(bucket.put(upload, parts.size() + 1, this::content, bytes));
            before += bytes;
            kept = 0;
            gathered.truncate(0);
            gathered.position(0);
        }

        private InputStream content() {
            return new Content(gathered);
        }

        /** Keeps what is gathered for who goes on, and how far its hash is. */
        private void keep() throws IOException {
            if (about.size() < 0 || complete) {
                return;
            }
            long bytes = gathered.size();
            if (bytes > kept) {
                claim(about.id());
                bucket.put(tail(about, parts.size() + 1), this::content, bytes, "application/octet-stream");
            }
            if (digest != null) {
                synchronized (hashes) {
                    hashes.put(about.id(), new Hash(before + bytes, digest));
                }
            }
        }

        private About finish(long length) throws IOException {
            if (!complete) {
                S3Upload upload = state.multipart();
                if (upload == null) {
                    bucket.put(BucketVault.key(about), this::content, length, about.mediaType());
                } else {
                    if (gathered.size() > 0) {
                        part();
                    }
                    complete(upload, length);
                }
            }
            String hash = HexFormat.of().formatHex(digest != null ? digest.digest() : readBack(length));
            About whole = about.whole(length, hash);
            vault.note(whole);
            clear(whole.id());
            return whole;
        }

        private void complete(S3Upload upload, long length) throws IOException {
            claim(about.id());
            try {
                bucket.complete(upload, parts);
            } catch (IOException e) {
                // The answer may have been lost, not the work.
                OptionalLong there = bucket.size(BucketVault.key(about));
                if (there.isEmpty() || there.getAsLong() != length) {
                    throw e;
                }
            }
        }

        private byte[] readBack(long length) throws IOException {
            MessageDigest all = Uploads.sha256();
            for (long at = 0; at < length; at += READ_BACK) {
                all.update(bucket.get(BucketVault.key(about), at, (int) Math.min(READ_BACK, length - at)));
            }
            return all.digest();
        }

        @Override
        public void close() throws IOException {
            gathered.close();
        }
    }

    /** The hash of what is there so far; null if this server has not seen all of it. */
    private @Nullable MessageDigest begun(String id, long bytes) {
        if (bytes == 0) {
            return Uploads.sha256();
        }
        synchronized (hashes) {
            Hash hash = hashes.remove(id);
            return hash != null && hash.bytes() == bytes ? hash.digest() : null;
        }
    }

    /** Removes the traces of an upload that has ended. */
    private void clear(String id) throws IOException {
        List<String> traces = new ArrayList<>();
        bucket.list(id + "/tail.", traces::add);
        for (String trace : traces) {
            bucket.delete(trace);
        }
        bucket.delete(id + '/' + STATE);
    }

    @Override
    public boolean remove(String id, Wanted wanted) throws IOException {
        if (!register.claim(id, me, clock.instant(), CLAIM)) {
            return false;
        }
        try {
            if (!wanted.get()) {
                return false;
            }
            Optional<State> state = state(id);
            S3Upload upload = state.isEmpty() ? null : state.get().multipart();
            if (upload != null) {
                bucket.abort(upload);
            }
            clear(id);
            return true;
        } finally {
            register.release(id, me);
        }
    }

    @Override
    public void forEach(Consumer<About> found) throws IOException {
        bucket.list("", key -> {
            if (key.endsWith('/' + STATE)) {
                Optional<byte[]> json = bucket.get(key);
                if (json.isPresent()) {
                    found.accept(State.of(json.get()).about());
                }
            }
        });
    }

    /** What a channel has, from its beginning, whatever its position is. */
    private static final class Content extends InputStream {
        private final FileChannel channel;
        private long at;

        Content(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int from, int most) throws IOException {
            int n = channel.read(ByteBuffer.wrap(into, from, most), at);
            at += Math.max(0, n);
            return n;
        }
    }
}
