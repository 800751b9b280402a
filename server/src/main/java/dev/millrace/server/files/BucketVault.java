package dev.millrace.server.files;

import dev.millrace.files.S3Bucket;
import dev.millrace.files.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps uploads in an S3 bucket, which several servers may share. The file is put there first and what is known of it
 * second, so that who finds the second finds the first.
 */
final class BucketVault implements Vault {
    private static final int REMEMBERED = 1000;

    private final S3Bucket bucket;
    private final Supplier<Source> source;

    /** What is known of a whole file never changes; that another server removed it is found out when it is read. */
    private final Map<String, Uploads.About> known = new LinkedHashMap<>(16, 0.75f, true);

    /** @param source reads where {@code bucket} writes */
    BucketVault(S3Bucket bucket, Supplier<Source> source) {
        this.bucket = bucket;
        this.source = source;
    }

    @Override
    public Optional<Uploads.About> find(String id) throws IOException {
        synchronized (known) {
            Uploads.About about = known.get(id);
            if (about != null) {
                return Optional.of(about);
            }
        }
        Optional<byte[]> json = bucket.get(id + '/' + Uploads.ABOUT);
        if (json.isEmpty()) {
            return Optional.empty();
        }
        Uploads.About about = Uploads.About.of(json.get());
        remember(about);
        return Optional.of(about);
    }

    private void remember(Uploads.About about) {
        synchronized (known) {
            known.put(about.id(), about);
            if (known.size() > REMEMBERED) {
                known.remove(known.keySet().iterator().next());
            }
        }
    }

    @Override
    public void take(Uploads.About whole, Path file) throws IOException {
        bucket.put(key(whole), file, whole.mediaType());
        bucket.put(whole.id() + '/' + Uploads.ABOUT, whole.json(), "application/json");
        remember(whole);
    }

    @Override
    public byte[] read(Uploads.About about) throws IOException {
        return bucket.get(key(about)).orElseThrow(() -> new IOException("no longer in the bucket: " + key(about)));
    }

    @Override
    public void delete(Uploads.About about) throws IOException {
        synchronized (known) {
            known.remove(about.id());
        }
        bucket.delete(about.id() + '/' + Uploads.ABOUT);
        bucket.delete(key(about));
    }

    private static String key(Uploads.About about) {
        return about.id() + '/' + about.name();
    }

    @Override
    public Source source() {
        return source.get();
    }

    @Override
    public void close() {
        bucket.close();
    }
}
