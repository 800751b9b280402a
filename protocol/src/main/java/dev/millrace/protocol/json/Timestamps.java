package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.FieldReader.invalid;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Times on the wire: RFC 3339, written in UTC with milliseconds, or all nine digits where there is more to say. */
final class Timestamps {
    /** The years 1 to 9999, as a {@code google.protobuf.Timestamp} has them. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final DateTimeFormatter MILLISECONDS = instants(3);
    private static final DateTimeFormatter NANOSECONDS = instants(9);

    private static final DateTimeFormatter ANY = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendValue(ChronoField.YEAR, 4)
            .appendPattern("-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendOffset("+HH:MM", "Z")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private Timestamps() {}

    private static DateTimeFormatter instants(int digits) {
        return new DateTimeFormatterBuilder().appendInstant(digits).toFormatter(Locale.ROOT);
    }

    static Instant read(String text, Path at) {
        try {
            Instant time = ANY.parse(text, Instant::from);
            if (!time.isBefore(FIRST) && !time.isAfter(LAST)) {
                return time;
            }
        } catch (DateTimeException e) {
            // told below, with an example in place of a parser's position
        }
        throw invalid(at, "must be a time such as 2025-10-28T10:30:00.000Z (RFC 3339, years 1 to 9999)");
    }

    static String write(Instant time) {
        if (time.isBefore(FIRST) || time.isAfter(LAST)) {
            throw new IllegalArgumentException("a time on the wire is in the years 1 to 9999, not " + time);
        }
        return (time.equals(time.truncatedTo(ChronoUnit.MILLIS)) ? MILLISECONDS : NANOSECONDS).format(time);
    }
}
