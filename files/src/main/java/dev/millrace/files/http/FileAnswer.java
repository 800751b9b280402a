package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import dev.millrace.files.FileInfo;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How to answer a {@code GET} or {@code HEAD} for a file that is there: a status, the headers that come with it, and which
 * bytes follow.
 *
 * <p>One range is answered by 206. Of several the ones that lie in the file count: if one remains it is answered by 206,
 * if more remain the whole file is sent, as RFC 9110 section 14.2 allows: {@code multipart/byteranges} is not written yet.
 *
 * @param status 200, 206, 304, 412 or 416
 * @param headers by name, in order
 * @param body which bytes follow a {@code GET}; null for none (304, 412, 416, and an empty file)
 */
public record FileAnswer(
        int status, Map<String, String> headers, @Nullable ByteRange body) {

    /**
     * @param method {@code GET} or {@code HEAD}; a range means something for {@code GET} only
     * @param headers gives the values of a request header by its name, empty if absent
     * @param now as in {@link Conditions#rangeApplies}
     */
    public static FileAnswer to(String method, Function<String, List<String>> headers, FileInfo file, Instant now) {
        Conditions conditions = Conditions.of(headers);
        return switch (conditions.verdict(file)) {
            case FAILED -> new FileAnswer(412, validators(file), null);
            case NOT_MODIFIED -> new FileAnswer(304, validators(file), null);
            case PROCEED -> {
                List<String> range = headers.apply("Range");
                boolean wanted = method.equals("GET") && range.size() == 1 && conditions.rangeApplies(file, now);
                yield wanted ? ranged(RangeHeader.parse(range.getFirst(), file.size()), file) : whole(file);
            }
        };
    }

    private static FileAnswer ranged(RangeHeader range, FileInfo file) {
        return switch (range) {
            case RangeHeader.Ignored() -> whole(file);
            case RangeHeader.Unsatisfiable() -> {
                Map<String, String> headers = validators(file);
                headers.put("Accept-Ranges", "bytes");
                headers.put("Content-Range", "bytes */" + file.size());
                yield new FileAnswer(416, headers, null);
            }
            case RangeHeader.Satisfiable(List<ByteRange> ranges) ->
                ranges.size() == 1 ? part(ranges.getFirst(), file) : whole(file);
        };
    }

    private static FileAnswer whole(FileInfo file) {
        ByteRange all = file.size() == 0 ? null : new ByteRange(0, file.size() - 1);
        return new FileAnswer(200, representation(file, file.size()), all);
    }

    private static FileAnswer part(ByteRange range, FileInfo file) {
        Map<String, String> headers = representation(file, range.length());
        headers.put("Content-Range", "bytes " + range.first() + '-' + range.last() + '/' + file.size());
        return new FileAnswer(206, headers, range);
    }

    private static Map<String, String> representation(FileInfo file, long length) {
        Map<String, String> headers = validators(file);
        headers.put("Accept-Ranges", "bytes");
        headers.put("Content-Type", file.mediaType());
        headers.put("Content-Length", Long.toString(length));
        headers.putAll(ContentDisposition.headers(file));
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
