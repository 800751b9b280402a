package dev.millrace.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * Writes objects into an S3 bucket, whole ones only: a reader sees the old object or the new one. Made by {@link
 * S3Source.Builder#buildWritable}.
 *
 * <p>What may pass (a connection that breaks, silence, 408, 429, 5xx) is tried again, which is safe: the same object twice
 * is one object. Signed requests cover the content (SHA-256), so what is damaged on the way is refused. Safe for use by many
 * threads.
 */
public final class S3Bucket implements AutoCloseable {
    /** What one request may put (Amazon S3 User Guide, "Uploading objects"); more would need its multipart uploads. */
    public static final long LARGEST_OBJECT = 5L << 30;

    /** So little is slow even over a poor line; silence longer than this is no answer. */
    private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

    private final URI root;
    private final S3Signer signer;
    private final AwsCredentialsProvider credentials;
    private final Duration patience;
    private final Backoff backoff;
    private final HttpClient client;

    S3Bucket(URI root, AwsCredentialsProvider credentials, String region, int attempts, Duration patience) {
        this.root = root;
        this.credentials = credentials;
        this.signer = new S3Signer(credentials, region);
        this.patience = patience;
        this.backoff = new Backoff(attempts, Duration.ofMillis(100), Duration.ofSeconds(2), new Random());
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    /** Where the content of a request is, to be read once to sign it and once to send it. */
    private record Content(S3Signer.Payload payload, HttpRequest.BodyPublisher body, long bytes) {}

    /**
     * Puts a file there. When this returns the bucket has it.
     *
     * @param key segments separated by {@code /}, not encoded
     * @param file of at most {@link #LARGEST_OBJECT} bytes, unchanged meanwhile
     * @throws IOException if the bucket did not take it, or the file cannot be read
     */
    public void put(String key, Path file, String mediaType) throws IOException {
        long bytes = Files.size(file);
        if (bytes > LARGEST_OBJECT) {
            throw new IOException("an object may have " + LARGEST_OBJECT + " bytes, not " + bytes);
        }
        put(key, mediaType, new Content(() -> open(file), publisher(file), bytes));
    }

    /** Puts these bytes there. */
    public void put(String key, byte[] content, String mediaType) throws IOException {
        put(
                key,
                mediaType,
                new Content(
                        () -> new java.io.ByteArrayInputStream(content),
                        HttpRequest.BodyPublishers.ofByteArray(content),
                        content.length));
    }

    private static InputStream open(Path file) {
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static HttpRequest.BodyPublisher publisher(Path file) throws FileNotFoundException {
        return HttpRequest.BodyPublishers.ofFile(file);
    }

    private void put(String key, String mediaType, Content content) throws IOException {
        HttpRequest.Builder request =
                request(key, content.bytes).header("Content-Type", mediaType).PUT(content.body);
        HttpResponse<byte[]> answer = send(request.build(), content.payload);
        require(answer, answer.statusCode() == 200);
    }

    /** The object, for small ones; empty if there is none. */
    public Optional<byte[]> get(String key) throws IOException {
        HttpResponse<byte[]> answer = send(request(key, 0).GET().build(), null);
        if (answer.statusCode() == 404) {
            return Optional.empty();
        }
        require(answer, answer.statusCode() == 200);
        return Optional.of(answer.body());
    }

    /** Removes the object, if there is one. */
    public void delete(String key) throws IOException {
        HttpResponse<byte[]> answer = send(request(key, 0).DELETE().build(), null);
        require(answer, answer.statusCode() / 100 == 2 || answer.statusCode() == 404);
    }

    private HttpRequest.Builder request(String key, long bytes) {
        URI address = URI.create(root + HttpOrigin.encode(key));
        return HttpRequest.newBuilder(address).timeout(patience.plusSeconds(bytes / SLOWEST_BYTES_PER_SECOND));
    }

    private static void require(HttpResponse<byte[]> answer, boolean good) throws IOException {
        if (!good) {
            int status = answer.statusCode();
            throw new BucketException(
                    "S3 answered " + status + " to " + answer.request().method() + ' ' + answer.uri(),
                    status == 408 || status == 504,
                    null);
        }
    }

    private HttpResponse<byte[]> send(HttpRequest request, S3Signer.@Nullable Payload payload) throws IOException {
        try {
            for (int failures = 1; ; failures++) {
                try {
                    HttpResponse<byte[]> answer =
                            client.send(signer.sign(request, payload), HttpResponse.BodyHandlers.ofByteArray());
                    int status = answer.statusCode();
                    boolean passing = status == 408 || status == 429 || status >= 500;
                    if (!passing || failures >= backoff.attempts()) {
                        return answer;
                    }
                } catch (FileNotFoundException e) {
                    throw e;
                } catch (IOException e) {
                    if (failures >= backoff.attempts()) {
                        throw new BucketException(
                                "S3 cannot be reached at " + request.uri() + ": " + e,
                                e instanceof HttpTimeoutException && !(e instanceof HttpConnectTimeoutException),
                                e);
                    }
                } catch (SourceException e) {
                    throw new BucketException(String.valueOf(e.getMessage()), e instanceof SourceException.TimedOut, e);
                }
                Thread.sleep(backoff.pause(failures));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while S3 was asked for " + request.uri());
        }
    }

    /** Requests that still run fail. Idempotent. */
    @Override
    public void close() {
        client.shutdownNow();
        S3Source.close(credentials, root.toString());
    }
}
