package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import dev.millrace.files.FileInfo;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How to answer a {@code GET} or {@code HEAD} for a file that is there: a status, the headers that come with it, and what
 * follows.
 *
 * <p>One range is answered by 206. Of several those that lie in the file count, and those that touch or overlap are joined:
 * if one is left it is answered by itself, else they are the parts of a {@code multipart/byteranges}. Who asks for more
 * bytes than the file has, some of them twice, gets the whole file, as RFC 9110 section 14.2 advises.
 *
 * @param status 200, 206, 304, 412 or 416
 * @param headers by name, in order
 * @param body what follows a {@code GET}, in order; empty for 304, 412, 416, and an empty file
 */
public record FileAnswer(int status, Map<String, String> headers, List<Piece> body) {
    private static final SecureRandom RANDOM = new SecureRandom();

    public FileAnswer {
        body = List.copyOf(body);
    }

    /** What the reader of a file wants to do with it. */
    public enum Wish {
        /** See it where that is safe. */
        SHOW,
        /** Keep it, whatever it is. */
        SAVE
    }

    /**
     * @param method {@code GET} or {@code HEAD}; a range means something for {@code GET} only
     * @param headers gives the values of a request header by its name, empty if absent
     * @param now as in {@link Conditions#rangeApplies}
     */
    public static FileAnswer to(String method, Function<String, List<String>> headers, FileInfo file, Instant now) {
        return to(method, headers, file, now, Wish.SHOW);
    }

    /** The same for a reader who says what the file is for. */
    public static FileAnswer to(
            String method, Function<String, List<String>> headers, FileInfo file, Instant now, Wish wish) {
        // 128 random bits: whoever made the file cannot know what would look like its end.
        return to(method, headers, file, now, wish, () -> new BigInteger(128, RANDOM).toString(36));
    }

    /**
     * How to answer for a file that can be given as a whole only, whatever range was asked for (RFC 9110 section 14.2). The
     * body, if there is one, is all of it, and so none is named.
     */
    public static FileAnswer withoutRanges(Function<String, List<String>> headers, FileInfo file, Wish wish) {
        return switch (Conditions.of(headers).verdict(file)) {
            case FAILED -> new FileAnswer(412, validators(file), List.of());
            case NOT_MODIFIED -> new FileAnswer(304, validators(file), List.of());
            case PROCEED -> {
                Map<String, String> all = representation(file, wish, file.mediaType(), file.size());
                all.put("Accept-Ranges", "none");
                yield new FileAnswer(200, all, List.of());
            }
        };
    }

    /**
     * Which bytes an answer is likely to begin with, as far as can be told before the file is looked up; they may reach
     * beyond its end. Empty if it probably has no body, or begins somewhere in relation to the file's end.
     */
    public static Optional<ByteRange> likely(String method, Function<String, List<String>> headers) {
        boolean has = !headers.apply("If-None-Match").isEmpty()
                || !headers.apply("If-Modified-Since").isEmpty();
        if (!method.equals("GET") || has) {
            return Optional.empty();
        }
        List<String> range = headers.apply("Range");
        return range.size() == 1
                ? RangeHeader.likely(range.getFirst())
                : Optional.of(new ByteRange(0, Long.MAX_VALUE - 1));
    }

    static FileAnswer to(
            String method,
            Function<String, List<String>> headers,
            FileInfo file,
            Instant now,
            Wish wish,
            Supplier<String> boundary) {
        Conditions conditions = Conditions.of(headers);
        return switch (conditions.verdict(file)) {
            case FAILED -> new FileAnswer(412, validators(file), List.of());
            case NOT_MODIFIED -> new FileAnswer(304, validators(file), List.of());
            case PROCEED -> {
                List<String> range = headers.apply("Range");
                boolean wanted = method.equals("GET") && range.size() == 1 && conditions.rangeApplies(file, now);
                yield wanted
                        ? ranged(RangeHeader.parse(range.getFirst(), file.size()), file, wish, boundary)
                        : whole(file, wish);
            }
        };
    }

    private static FileAnswer ranged(RangeHeader range, FileInfo file, Wish wish, Supplier<String> boundary) {
        return switch (range) {
            case RangeHeader.Ignored() -> whole(file, wish);
            case RangeHeader.Unsatisfiable() -> {
                Map<String, String> headers = validators(file);
                headers.put("Accept-Ranges", "bytes");
                headers.put("Content-Range", "bytes */" + file.size());
                yield new FileAnswer(416, headers, List.of());
            }
            case RangeHeader.Satisfiable(List<ByteRange> asked) -> {
                if (asked.size() == 1) {
                    yield part(asked.getFirst(), file, wish);
                }
                if (ByteRanges.total(asked) > file.size()) {
                    yield whole(file, wish);
                }
                List<ByteRange> joined = ByteRanges.joined(asked);
                yield joined.size() == 1
                        ? part(joined.getFirst(), file, wish)
                        : parts(joined, file, wish, boundary.get());
            }
        };
    }

    private static FileAnswer whole(FileInfo file, Wish wish) {
        List<Piece> all = file.size() == 0 ? List.of() : List.of(new Piece.Range(new ByteRange(0, file.size() - 1)));
        return new FileAnswer(200, representation(file, wish, file.mediaType(), file.size()), all);
    }

    private static FileAnswer part(ByteRange range, FileInfo file, Wish wish) {
        Map<String, String> headers = representation(file, wish, file.mediaType(), range.length());
        headers.put("Content-Range", "bytes " + range.first() + '-' + range.last() + '/' + file.size());
        return new FileAnswer(206, headers, List.of(new Piece.Range(range)));
    }

    private static FileAnswer parts(List<ByteRange> ranges, FileInfo file, Wish wish, String boundary) {
        Multipart form = new Multipart(boundary, file.mediaType(), file.size());
        List<Piece> pieces = form.of(ranges);
        long length = pieces.stream().mapToLong(Piece::length).sum();
        return new FileAnswer(206, representation(file, wish, form.contentType(), length), pieces);
    }

    private static Map<String, String> representation(FileInfo file, Wish wish, String contentType, long length) {
        Map<String, String> headers = validators(file);
        headers.put("Accept-Ranges", "bytes");
        headers.put("Content-Type", contentType);
        if (length != FileInfo.UNTOLD) {
            headers.put("Content-Length", Long.toString(length));
        }
        headers.putAll(ContentDisposition.headers(file, wish));
        return headers;
    }

    /** What a cache needs, and so what 304 and 412 carry too. */
    private static Map<String, String> validators(FileInfo file) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Cache-Control", "private, no-transform");
        if (file.tag() != null) {
            headers.put("ETag", file.tag().toString());
        }
        if (file.lastModified() != null) {
            headers.put("Last-Modified", HttpDates.format(file.lastModified()));
        }
        return headers;
    }
}
