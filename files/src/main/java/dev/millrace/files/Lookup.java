package dev.millrace.files;

import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Learns from the answer to a request for some of its bytes what file this is. */
final class Lookup implements HttpOrigin.Check {
    private static final Pattern MEDIA_TYPE = Pattern.compile("[\\w.+!#$&^-]+/[\\w.+!#$&^-]+(\\s*;[\\x20-\\x7E]*)?");

    private final HttpOrigin origin;
    private final long asked = System.nanoTime();
    private final String path;
    private final ByteRange wanted;
    private @Nullable Found found;
    private boolean refusedWithoutSize;
    private boolean refused;

    Lookup(HttpOrigin origin, String path, ByteRange wanted) {
        this.origin = origin;
        this.path = path;
        this.wanted = wanted;
    }

    @Override
    public int bodyBytes(HttpResponse.ResponseInfo head) throws SourceException {
        HttpHeaders answer = head.headers();
        switch (head.statusCode()) {
            case 206 -> {
                OriginAnswer.refuseEncoded(answer, path);
                ContentRange range = OriginAnswer.contentRange(answer, path);
                if (range.first() != wanted.first() || range.last() != Math.min(wanted.last(), range.size() - 1)) {
                    throw new SourceException.Failed("asked for bytes " + wanted.first() + "-" + wanted.last()
                            + ", the origin gave " + range.first() + "-" + range.last() + ": "
                            + FilePath.printable(path));
                }
                int length = (int) (range.last() - range.first() + 1);
                if (answer.firstValueAsLong("Content-Length").orElse(length) != length) {
                    throw new SourceException.Failed("the origin announced another length than that of bytes "
                            + range.first() + "-" + range.last() + ": " + FilePath.printable(path));
                }
                found = new Found(range.size(), answer, roundTrip());
                return length;
            }
            case 200 -> {
                if (answer.firstValueAsLong("Content-Length").orElse(-1) != 0) {
                    throw new SourceException.Unranged(
                            "the origin does not serve byte ranges: " + FilePath.printable(path));
                }
                found = new Found(0, answer, roundTrip());
                return 0;
            }
            case 416 -> {
                refused = true;
                if (!wanted.equals(HttpOrigin.FIRST_BYTE)) {
                    return HEAD_SUFFICES;
                }
                long size = answer.firstValue("Content-Range")
                        .flatMap(ContentRange::sizeOfUnsatisfied)
                        .orElse(-1L);
                if (size < 0) {
                    refusedWithoutSize = true;
                    return HEAD_SUFFICES;
                }
                if (size > 0) {
                    throw new SourceException.Failed(
                            "the origin refuses the first byte of a file: " + FilePath.printable(path));
                }
                found = new Found(0, answer, roundTrip());
                return HEAD_SUFFICES;
            }
            default -> throw OriginAnswer.failure(head, path);
        }
    }

    /** An empty file has no first byte; some origins, S3 among them, say so without saying that it is empty. */
    boolean refusedWithoutSize() {
        return refusedWithoutSize;
    }

    /** Whether the file has no such bytes. */
    boolean refused() {
        return refused;
    }

    private Duration roundTrip() {
        return Duration.ofNanos(System.nanoTime() - asked);
    }

    int empty(HttpResponse.ResponseInfo head) throws SourceException {
        if (head.statusCode() != 200) {
            throw OriginAnswer.failure(head, path);
        }
        if (head.headers().firstValueAsLong("Content-Length").orElse(-1) != 0) {
            throw new SourceException.Failed(
                    "the origin refuses the first byte of a file: " + FilePath.printable(path));
        }
        found = new Found(0, head.headers(), roundTrip());
        return HEAD_SUFFICES;
    }

    /** @param body of the answer, which is the file's to close; null if it is not wanted */
    OriginFile file(@Nullable Answer body) throws SourceException {
        if (found == null) {
            throw new SourceException.Failed("the origin gave no answer: " + FilePath.printable(path));
        }
        OriginVersion version = OriginVersion.of(found.size, found.answer);
        FileInfo info = info(path, version, found.answer);
        OriginFile file = new OriginFile(origin, path, info, version, found.roundTrip);
        if (body != null) {
            file.startWith(body, wanted.first(), Math.min(wanted.last() + 1, found.size));
        }
        return file;
    }

    /** What an answer's head says of a file. */
    static FileInfo info(String path, OriginVersion version, HttpHeaders answer) {
        String name = FilePath.name(path);
        return new FileInfo(name, version.size(), mediaType(answer, name), version.tag(), lastModified(version));
    }

    private record Found(long size, HttpHeaders answer, Duration roundTrip) {}

    private static String mediaType(HttpHeaders answer, String name) {
        return answer.firstValue("Content-Type")
                .filter(type -> MEDIA_TYPE.matcher(type).matches() && !type.startsWith(MediaTypes.UNKNOWN))
                .orElseGet(() -> MediaTypes.ofName(name));
    }

    private static @Nullable Instant lastModified(OriginVersion version) {
        if (version.lastModified() == null) {
            return null;
        }
        try {
            return Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(version.lastModified()));
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
