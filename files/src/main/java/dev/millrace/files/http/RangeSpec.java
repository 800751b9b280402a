package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One range of a {@code Range} header: {@code 0-99}, {@code 100-} or {@code -100}. */
final class RangeSpec {
    private static final Pattern FORM = Pattern.compile("([0-9]*)-([0-9]*)");

    /** Numbers of more digits are larger than any file; their value does not matter, only their order. */
    private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private RangeSpec() {}

    static boolean isWellFormed(String spec) {
        Matcher form = FORM.matcher(spec);
        if (!form.matches() || spec.length() == 1) {
            return false;
        }
        String first = form.group(1);
        String last = form.group(2);
        return first.isEmpty() || last.isEmpty() || new BigInteger(first).compareTo(new BigInteger(last)) <= 0;
    }

    /** What of it is in a file of this size. */
    static Optional<ByteRange> within(String wellFormed, long size) {
        int dash = wellFormed.indexOf('-');
        String firstDigits = wellFormed.substring(0, dash);
        String lastDigits = wellFormed.substring(dash + 1);
        if (firstDigits.isEmpty()) {
            long suffix = Math.min(number(lastDigits), size);
            return suffix == 0 ? Optional.empty() : Optional.of(new ByteRange(size - suffix, size - 1));
        }
        long first = number(firstDigits);
        if (first >= size) {
            return Optional.empty();
        }
        long last = lastDigits.isEmpty() ? size - 1 : Math.min(number(lastDigits), size - 1);
        return Optional.of(new ByteRange(first, last));
    }

    private static long number(String digits) {
        return new BigInteger(digits).min(MAX).longValueExact();
    }
}
