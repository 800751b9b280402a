package dev.millrace.files;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * The objects of one S3 bucket, or those below a prefix of it, at Amazon or at any other endpoint that speaks S3.
 *
 * <p>An object is read as any file of an {@link HttpOrigin} is, with the same checks of every answer: by range requests
 * that are pinned to its entity tag, delivered as the bytes come, stopped at once. Amazon's SDK finds the credentials and
 * signs (Signature Version 4). Addresses are path-style, {@code endpoint/bucket/key}, which every endpoint knows.
 */
public final class S3Source implements Source {
    private final HttpOrigin objects;
    private final String name;
    private final AwsCredentialsProvider credentials;

    private S3Source(Builder builder) {
        this.credentials = builder.credentials();
        this.name = "S3 bucket " + builder.bucket + " at " + builder.root().getHost();
        this.objects = HttpOrigin.at(builder.root())
                .signer(new S3Signer(credentials, builder.region))
                .retries(builder.attempts, Duration.ofMillis(100), Duration.ofSeconds(2))
                .readTimeout(builder.readTimeout)
                .build();
    }

    /**
     * @param bucket as S3 names buckets: 3 to 63 of lower-case letters, digits, dots and dashes
     * @throws IllegalArgumentException if it is not
     */
    public static Builder of(String bucket) {
        return new Builder(bucket);
    }

    @Override
    public SourceFile open(String path) throws SourceException, InterruptedException {
        return objects.open(path);
    }

    @Override
    public SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        return objects.open(path, likely);
    }

    @Override
    public Access access() {
        return Access.STREAM;
    }

    @Override
    public void close() {
        objects.close();
        close(credentials, name);
    }

    static void close(AwsCredentialsProvider credentials, String name) {
        if (credentials instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("cannot let go of the credentials of the " + name, e);
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** Settings of a bucket. */
    public static final class Builder {
        private final String bucket;
        private String prefix = "";
        private String region = "us-east-1";
        private @Nullable URI endpoint;
        private @Nullable AwsCredentialsProvider credentials;
        private int attempts = 4;
        private Duration readTimeout = Duration.ofSeconds(10);

        private Builder(String bucket) {
            if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
                throw new IllegalArgumentException("not the name of an S3 bucket: " + bucket);
            }
            this.bucket = bucket;
        }

        /** What keys begin with, as folders: {@code films/2026}. Default none. */
        public Builder prefix(String folders) {
            try {
                this.prefix = folders.isEmpty() ? "" : FilePath.check(folders) + '/';
            } catch (SourceException.NotFound e) {
                throw new IllegalArgumentException("a prefix is a path like films/2026, not " + folders, e);
            }
            return this;
        }

        /** The region that requests are signed for. Default {@code us-east-1}, which most other endpoints expect. */
        public Builder region(String id) {
            if (!id.matches("[a-z0-9-]{1,64}")) {
                throw new IllegalArgumentException("not a region: " + id);
            }
            this.region = id;
            return this;
        }

        /** Where the server is, if it is not Amazon's for the region. */
        public Builder endpoint(URI url) {
            var _ = HttpOrigin.at(url);
            this.endpoint = url;
            return this;
        }

        /**
         * The key to sign with. By default what Amazon's SDK finds: system properties, the environment, web identity,
         * profiles, the container, the instance.
         */
        public Builder credentials(String accessKey, String secretKey) {
            this.credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey));
            return this;
        }

        /** How often a failure that may pass is met before it is given up, the first included. Default 4. */
        public Builder attempts(int count) {
            this.attempts = count;
            return this;
        }

        /** How long the server may be silent. Default 10 s. */
        public Builder readTimeout(Duration timeout) {
            this.readTimeout = timeout;
            return this;
        }

        /** Connects to nothing yet. */
        public S3Source build() {
            return new S3Source(this);
        }

        /** The same place, to be written to. Connects to nothing yet. */
        public S3Bucket buildWritable() {
            return new S3Bucket(bucketRoot(), prefix, credentials(), region, attempts, readTimeout);
        }

        /** Where keys are appended, with the prefix. */
        private URI root() {
            return URI.create(bucketRoot().toString() + '/' + HttpOrigin.encode(prefix));
        }

        private URI bucketRoot() {
            URI server = endpoint != null ? endpoint : URI.create("https://s3." + region + ".amazonaws.com");
            return URI.create(server.toString().replaceFirst("/+$", "") + '/' + bucket);
        }

        private AwsCredentialsProvider credentials() {
            return credentials != null
                    ? credentials
                    : DefaultCredentialsProvider.builder().build();
        }
    }
}
