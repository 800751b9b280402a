package dev.millrace.server.files;

import dev.millrace.files.S3Bucket;
import dev.millrace.files.Source;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
    public void forget(String id) {
        synchronized (known) {
            known.remove(id);
        }
    }

    @Override
    public void forEach(Consumer<Uploads.About> found) throws IOException {
        bucket.list("", key -> {
            if (key.endsWith('/' + Uploads.ABOUT)) {
                Optional<byte[]> json = bucket.get(key);
                if (json.isPresent()) {
                    found.accept(Uploads.About.of(json.get()));
                }
            }
        });
    }

    /** From now on the file, which is there already, is one of the vault's. */
    void note(Uploads.About whole) throws IOException {
        bucket.put(whole.id() + '/' + Uploads.ABOUT, whole.json(), "application/json");
        remember(whole);
    }

    @Override
    public byte[] read(Uploads.About about) throws IOException {
        return bucket.get(key(about)).orElseThrow(() -> new IOException("no longer in the bucket: " + key(about)));
    }

    @Override
    public void delete(Uploads.About about) throws IOException {
        forget(about.id());
        // Then it is no longer found, and whatever a crash has left of its arrival goes with it.
        bucket.delete(about.id() + '/' + Uploads.ABOUT);
        List<String> keys = new ArrayList<>();
        bucket.list(about.id() + '/', keys::add);
        for (String key : keys) {
            bucket.delete(key);
        }
    }

    static String key(Uploads.About about) {
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
