package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What becomes of several ranges that one request asks for (RFC 9110 section 14.2 and 15.3.7.2). */
final class ByteRanges {
    private ByteRanges() {}

    /** Bytes asked for in all, those that are asked for twice counted twice. */
    static long total(List<ByteRange> ranges) {
        long total = 0;
        for (ByteRange range : ranges) {
            total = Math.addExact(total, range.length());
        }
        return total;
    }

    /** The same bytes without any of them twice: in the order asked for, unless ranges had to be joined; then ascending. */
    static List<ByteRange> joined(List<ByteRange> asked) {
        List<ByteRange> ascending = asked.stream()
                .sorted(Comparator.comparingLong(ByteRange::first))
                .toList();
        List<ByteRange> joined = new ArrayList<>();
        for (ByteRange range : ascending) {
            ByteRange last = joined.isEmpty() ? null : joined.getLast();
            if (last != null && range.first() <= last.last() + 1) {
                joined.set(joined.size() - 1, new ByteRange(last.first(), Math.max(last.last(), range.last())));
            } else {
                joined.add(range);
            }
        }
        return joined.size() == asked.size() ? List.copyOf(asked) : joined;
    }
}
