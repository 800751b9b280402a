package dev.millrace.files;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an origin's {@code Content-Range: bytes 0-99/1234} says. Numbers of more than 18 digits are not read. */
record ContentRange(long first, long last, long size) {
    private static final Pattern FORM =
            Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", Pattern.CASE_INSENSITIVE);
    private static final Pattern UNSATISFIED = Pattern.compile("bytes \\*/([0-9]{1,18})", Pattern.CASE_INSENSITIVE);

    /** Empty if the size is not told, or if the numbers contradict each other. */
    static Optional<ContentRange> parse(String header) {
        Matcher form = FORM.matcher(header.strip());
        if (!form.matches()) {
            return Optional.empty();
        }
        ContentRange range = new ContentRange(
                Long.parseLong(form.group(1)), Long.parseLong(form.group(2)), Long.parseLong(form.group(3)));
        return range.first <= range.last && range.last < range.size ? Optional.of(range) : Optional.empty();
    }

    /** The size that comes with a 416. */
    static Optional<Long> sizeOfUnsatisfied(String header) {
        Matcher form = UNSATISFIED.matcher(header.strip());
        return form.matches() ? Optional.of(Long.parseLong(form.group(1))) : Optional.empty();
    }
}
