package dev.millrace.files;

import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What an origin's answer means, when it is not simply the bytes. */
final class OriginAnswer {
    private static final Duration RETRY_UNLESS_TOLD = Duration.ofSeconds(1);
    private static final long LONGEST_RETRY_SECONDS = 24 * 3600;

    private OriginAnswer() {}

    static SourceException failure(HttpResponse.ResponseInfo head, String path) {
        String said = "the origin answered " + head.statusCode() + ": " + FilePath.printable(path);
        return switch (head.statusCode()) {
            case 404, 410 -> new SourceException.NotFound(said);
            case 401, 403 -> new SourceException.Forbidden(said + " (are the source's headers right?)");
            case 429, 503 -> new SourceException.Unavailable(said, retryAfter(head.headers()));
            case 408, 504 -> new SourceException.TimedOut(said);
            case 500, 502 -> SourceException.Failed.passing(said, null);
            case 301, 302, 303, 307, 308 ->
                new SourceException.Failed(said + ", a redirect to "
                        + head.headers().firstValue("Location").orElse("nowhere")
                        + "; redirects are not followed: set the source's base to where the files are");
            default -> new SourceException.Failed(said);
        };
    }

    /** Bytes of a compressed form are not those of the file, and its ranges are not ours. */
    static void refuseEncoded(HttpHeaders headers, String path) throws SourceException {
        String encoding = headers.firstValue("Content-Encoding").orElse("identity");
        if (!encoding.equalsIgnoreCase("identity")) {
            throw new SourceException.Failed(
                    "the origin encodes (" + encoding + ") what was asked for as it is: " + FilePath.printable(path));
        }
    }

    static ContentRange contentRange(HttpHeaders headers, String path) throws SourceException {
        String header = headers.firstValue("Content-Range").orElse("");
        return ContentRange.parse(header)
                .orElseThrow(() -> new SourceException.Failed("the origin's Content-Range \"" + header
                        + "\" does not tell which bytes these are: " + FilePath.printable(path)));
    }

    /** Seconds only: an origin that is busy until a date is busy for long, and a clock may be wrong. */
    private static Duration retryAfter(HttpHeaders headers) {
        String value = headers.firstValue("Retry-After").orElse("").strip();
        return value.matches("[0-9]{1,9}")
                ? Duration.ofSeconds(Math.min(Long.parseLong(value), LONGEST_RETRY_SECONDS))
                : RETRY_UNLESS_TOLD;
    }
}
