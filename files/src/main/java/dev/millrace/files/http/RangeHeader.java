package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a {@code Range} header asks of a file of a known size (RFC 9110 section 14). */
public sealed interface RangeHeader {

    /** Nothing that can be understood: answer as if there were no such header. */
    record Ignored() implements RangeHeader {}

    /** Understood, and not one byte of it is in the file: 416. */
    record Unsatisfiable() implements RangeHeader {}

    /**
     * Those that are in the file, clamped to it, in the order in which they were asked for.
     *
     * @param ranges at least one
     */
    record Satisfiable(List<ByteRange> ranges) implements RangeHeader {
        public Satisfiable {
            ranges = List.copyOf(ranges);
        }
    }

    /** More ranges than this in one header are not a reader's wish but an attack (RFC 9110 section 14.2): ignored. */
    int MAX_RANGES = 100;

    /** The first range that is asked for, if it says where it begins; whether it is in the file is not known yet. */
    static Optional<ByteRange> likely(String header) {
        return switch (parse(header, Long.MAX_VALUE)) {
            case Ignored() -> Optional.of(new ByteRange(0, Long.MAX_VALUE - 1));
            case Unsatisfiable() -> Optional.empty();
            // From the file's end: of a file of this size nothing else begins there.
            case Satisfiable(List<ByteRange> ranges) ->
                Optional.of(ranges.getFirst()).filter(range -> range.first() < Long.MAX_VALUE / 2);
        };
    }

    /**
     * Reads the header's value. Another unit than bytes, or any flaw in the syntax of any range, makes the whole header
     * {@link Ignored}. Numbers may have any count of digits.
     *
     * @param size of the file in bytes
     */
    static RangeHeader parse(String header, long size) {
        String text = header.strip();
        if (!text.toLowerCase(Locale.ROOT).startsWith("bytes=")) {
            return new Ignored();
        }
        List<ByteRange> ranges = new ArrayList<>();
        int asked = 0;
        // Empty elements of a list are to be read over (RFC 9110 section 5.6.1.2), but a list of nothing is no range
        // set.
        for (String element : text.substring("bytes=".length()).split(",", -1)) {
            String spec = element.strip();
            if (spec.isEmpty()) {
                continue;
            }
            if (++asked > MAX_RANGES || !RangeSpec.isWellFormed(spec)) {
                return new Ignored();
            }
            RangeSpec.within(spec, size).ifPresent(ranges::add);
        }
        if (asked == 0) {
            return new Ignored();
        }
        return ranges.isEmpty() ? new Unsatisfiable() : new Satisfiable(ranges);
    }
}
