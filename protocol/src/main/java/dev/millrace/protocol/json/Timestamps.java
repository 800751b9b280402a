package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.FieldReader.invalid;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times on the wire: RFC 3339, written in UTC with milliseconds, or all nine digits where there is more to say. */
final class Timestamps {
    /** The years 1 to 9999, as a {@code google.protobuf.Timestamp} has them. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    /** How we and most others write one: {@code 2025-10-28T10:30:00.000Z}. */
    private static final int USUAL_LENGTH = 24;

    private static final DateTimeFormatter NANOSECONDS =
            new DateTimeFormatterBuilder().appendInstant(9).toFormatter(Locale.ROOT);

    private static final DateTimeFormatter ANY = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendValue(ChronoField.YEAR, 4)
            .appendPattern("-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendOffset("+HH:MM", "Z")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private Timestamps() {}

    static Instant read(String text, Path at) {
        try {
            Instant time = usual(text);
            if (time == null) {
                time = ANY.parse(text, Instant::from);
            }
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
        var at = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
        return at.toLocalTime().toNanoOfDay() % 1_000_000 == 0 ? milliseconds(at) : NANOSECONDS.format(time);
    }

    // Each event has a time or two: a formatter takes longer over them than over all the rest of a small event.

    private static String milliseconds(LocalDateTime at) {
        byte[] text = new byte[USUAL_LENGTH];
        number(text, 0, 4, at.getYear(), '-');
        number(text, 5, 2, at.getMonthValue(), '-');
        number(text, 8, 2, at.getDayOfMonth(), 'T');
        number(text, 11, 2, at.getHour(), ':');
        number(text, 14, 2, at.getMinute(), ':');
        number(text, 17, 2, at.getSecond(), '.');
        number(text, 20, 3, at.getNano() / 1_000_000, 'Z');
        return new String(text, ISO_8859_1);
    }

    private static void number(byte[] text, int from, int digits, int value, char after) {
        int left = value;
        for (int i = from + digits - 1; i >= from; i--) {
            text[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
        text[from + digits] = (byte) after;
    }

    /** The time, if it is written in the usual way and there is such a time; null leaves it to who knows all ways. */
    private static @Nullable Instant usual(String text) {
        if (text.length() != USUAL_LENGTH
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || text.charAt(10) != 'T'
                || text.charAt(13) != ':'
                || text.charAt(16) != ':'
                || text.charAt(19) != '.'
                || text.charAt(23) != 'Z') {
            return null;
        }
        int year = number(text, 0, 4);
        int month = number(text, 5, 2);
        int day = number(text, 8, 2);
        int hour = number(text, 11, 2);
        int minute = number(text, 14, 2);
        int second = number(text, 17, 2);
        int millis = number(text, 20, 3);
        if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23) {
            return null;
        }
        if (minute < 0 || minute > 59 || second < 0 || second > 59 || millis < 0) {
            return null;
        }
        long days = LocalDate.of(year, month, day).toEpochDay(); // refuses the 30th of February, as is due
        return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second, millis * 1_000_000L);
    }

    /** A number of so many digits; -1 if there are others than digits. */
    private static int number(String text, int from, int digits) {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = 10 * value + digit;
        }
        return value;
    }
}
