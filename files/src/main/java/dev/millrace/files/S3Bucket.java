package dev.millrace.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * Writes objects into an S3 bucket, whole ones only: a reader sees the old object or the new one, also of what arrives in parts. Made by {@link
 * S3Source.Builder#buildWritable}.
 *
 * <p>What may pass (a connection that breaks, silence, 408, 429, 5xx) is tried again, which is safe: the same object twice
 * is one object. Signed requests cover the content (SHA-256), so what is damaged on the way is refused. Safe for use by many
 * threads.
 */
public final class S3Bucket implements AutoCloseable {
    /** What one request may put (Amazon S3 User Guide, "Uploading objects"); more would need its multipart uploads. */
    public static final long LARGEST_OBJECT = 5L << 30;

    /** To complete an upload may take minutes (Amazon S3 API Reference), as long as to send so many bytes slowly. */
    private static final long COMPLETING = 16 << 20;

    /** So little is slow even over a poor line; silence longer than this is no answer. */
    private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

    /** Each part but the last has at least so much (Amazon S3 User Guide, "Multipart upload limits"). */
    public static final long SMALLEST_PART = 5L << 20;

    /** An upload has at most so many parts (the same). */
    public static final int MOST_PARTS = 10_000;

    private final URI root;
    private final URI bucket;
    private final String prefix;
    private final S3Signer signer;
    private final AwsCredentialsProvider credentials;
    private final Duration patience;
    private final Backoff backoff;
    private final HttpClient client;

    S3Bucket(
            URI bucket,
            String prefix,
            AwsCredentialsProvider credentials,
            String region,
            int attempts,
            Duration patience) {
        this.bucket = bucket;
        this.prefix = prefix;
        this.root = URI.create(bucket.toString() + '/' + HttpOrigin.encode(prefix));
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

    /**
     * Puts an object there. When this returns the bucket has it.
     *
     * @param content gives it as often as it is asked
     * @param bytes how many that are, at most {@link #LARGEST_OBJECT}
     */
    public void put(String key, Supplier<? extends InputStream> content, long bytes, String mediaType)
            throws IOException {
        put(key, mediaType, new Content(content::get, publisher(content, bytes), bytes));
    }

    private static HttpRequest.BodyPublisher publisher(Supplier<? extends InputStream> content, long bytes) {
        return bytes == 0
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofInputStream(content), bytes);
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

    /** What is done with each key of a list. */
    @FunctionalInterface
    public interface Keys {
        void found(String key) throws IOException;
    }

    /** Names all objects whose keys begin so, in the order of their keys. */
    public void list(String beginning, Keys keys) throws IOException {
        String token = "";
        do {
            String query = "?list-type=2&prefix=" + encoded(prefix + beginning)
                    + (token.isEmpty() ? "" : "&continuation-token=" + encoded(token));
            S3Listing page = listing(HttpRequest.newBuilder(URI.create(bucket + query)), "Contents");
            for (Map<String, String> each : page.entries()) {
                keys.found(S3Listing.need(each.get("Key"), "Key").substring(prefix.length()));
            }
            token = "true".equals(page.texts().get("IsTruncated")) ? page.text("NextContinuationToken") : "";
        } while (!token.isEmpty());
    }

    private S3Listing listing(HttpRequest.Builder request, String entry) throws IOException {
        HttpResponse<byte[]> answer = send(request.timeout(patience).GET().build(), null);
        require(answer, answer.statusCode() == 200);
        return S3Listing.read(answer.body(), entry);
    }

    /** How large the object is; empty if there is none. */
    public OptionalLong size(String key) throws IOException {
        HttpResponse<byte[]> answer = send(request(key, 0).HEAD().build(), null);
        if (answer.statusCode() == 404) {
            return OptionalLong.empty();
        }
        require(answer, answer.statusCode() == 200);
        return answer.headers().firstValueAsLong("Content-Length");
    }

    /**
     * Some bytes of an object.
     *
     * @param most how many at most; there are fewer at its end, and none behind it
     */
    public byte[] get(String key, long from, int most) throws IOException {
        HttpResponse<byte[]> answer = send(
                request(key, most)
                        .header("Range", "bytes=" + from + '-' + (from + most - 1))
                        .GET()
                        .build(),
                null);
        if (answer.statusCode() == 416) {
            return new byte[0];
        }
        require(answer, answer.statusCode() == 206);
        return answer.body();
    }

    // ---- in parts

    /** Begins an upload in parts. It takes room in the bucket until it is completed or aborted. */
    public S3Upload begin(String key, String mediaType) throws IOException {
        HttpResponse<byte[]> answer = send(
                request(key, "?uploads=", 0)
                        .header("Content-Type", mediaType)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                null);
        require(answer, answer.statusCode() == 200);
        return new S3Upload(key, S3Listing.read(answer.body(), "").text("UploadId"));
    }

    /**
     * Puts a part there, in the place of one of the same number. When this returns the bucket has it.
     *
     * @param number from 1 to {@link #MOST_PARTS}
     * @param content gives it as often as it is asked
     * @param bytes how many that are; at least {@link #SMALLEST_PART}, unless it is the last part
     */
    public S3Upload.Part put(S3Upload upload, int number, Supplier<? extends InputStream> content, long bytes)
            throws IOException {
        HttpRequest request = request(upload.key(), "?partNumber=" + number + '&' + of(upload), bytes)
                .PUT(publisher(content, bytes))
                .build();
        HttpResponse<byte[]> answer = send(request, content::get);
        require(answer, answer.statusCode() == 200);
        return new S3Upload.Part(
                number,
                bytes,
                S3Listing.need(answer.headers().firstValue("ETag").orElse(null), "ETag"));
    }

    /**
     * The parts that the bucket has, in order; empty if the upload was completed or aborted, or never was. (Not every server
     * but Amazon's remembers that: some have no parts then.)
     */
    public Optional<List<S3Upload.Part>> parts(S3Upload upload) throws IOException {
        List<S3Upload.Part> parts = new ArrayList<>();
        String after = "";
        do {
            String from = after.isEmpty() ? "" : "&part-number-marker=" + after;
            HttpResponse<byte[]> answer =
                    send(request(upload.key(), '?' + of(upload) + from, 0).GET().build(), null);
            if (answer.statusCode() == 404) {
                return Optional.empty();
            }
            require(answer, answer.statusCode() == 200);
            S3Listing page = S3Listing.read(answer.body(), "Part");
            for (Map<String, String> each : page.entries()) {
                parts.add(new S3Upload.Part(
                        Integer.parseInt(S3Listing.need(each.get("PartNumber"), "PartNumber")),
                        Long.parseLong(S3Listing.need(each.get("Size"), "Size")),
                        S3Listing.need(each.get("ETag"), "ETag")));
            }
            after = "true".equals(page.texts().get("IsTruncated")) ? page.text("NextPartNumberMarker") : "";
        } while (!after.isEmpty());
        return Optional.of(parts);
    }

    /** Makes the parts the object. When this returns the bucket has it. */
    public void complete(S3Upload upload, List<S3Upload.Part> parts) throws IOException {
        StringBuilder xml = new StringBuilder("<CompleteMultipartUpload>");
        for (S3Upload.Part part : parts) {
            xml.append("<Part><PartNumber>")
                    .append(part.number())
                    .append("</PartNumber><ETag>")
                    .append(part.tag().replace("&", "&amp;").replace("<", "&lt;"))
                    .append("</ETag></Part>");
        }
        byte[] body = xml.append("</CompleteMultipartUpload>").toString().getBytes(StandardCharsets.UTF_8);
        HttpRequest request = request(upload.key(), '?' + of(upload), COMPLETING)
                .header("Content-Type", "application/xml")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<byte[]> answer = send(request, () -> new java.io.ByteArrayInputStream(body));
        require(answer, answer.statusCode() == 200);
        // The status goes out before the work is done (Amazon S3 API Reference, CompleteMultipartUpload).
        S3Listing done = S3Listing.read(answer.body(), "");
        if (done.root().equals("Error")) {
            throw new BucketException(
                    "S3 did not complete " + upload.key() + ": " + done.texts().get("Code"), false, null);
        }
    }

    /** Removes an upload and its parts, if it is there. */
    public void abort(S3Upload upload) throws IOException {
        HttpResponse<byte[]> answer =
                send(request(upload.key(), '?' + of(upload), 0).DELETE().build(), null);
        require(answer, answer.statusCode() / 100 == 2 || answer.statusCode() == 404);
    }

    private static String of(S3Upload upload) {
        return "uploadId=" + encoded(upload.id());
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String key, long bytes) {
        return request(key, "", bytes);
    }

    private HttpRequest.Builder request(String key, String query, long bytes) {
        URI address = URI.create(root + HttpOrigin.encode(key) + query);
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
