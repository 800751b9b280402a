package dev.millrace.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {
    private static Instant read(String text) {
        return Timestamps.read(text, Path.root("t"));
    }

    @Property
    void every_time_is_written_as_the_jdk_writes_it_and_read_again(
            @ForAll @LongRange(min = -62_135_596_800L, max = 253_402_300_799L) long second,
            @ForAll @LongRange(min = 0, max = 999) long milli) {
        Instant time = Instant.ofEpochSecond(second, milli * 1_000_000);
        String text = Timestamps.write(time);
        assertThat(text)
                .isEqualTo(new DateTimeFormatterBuilder()
                        .appendInstant(3)
                        .toFormatter(Locale.ROOT)
                        .format(time));
        assertThat(read(text)).isEqualTo(time);
    }

    @Property
    void nothing_of_a_time_with_nanoseconds_is_lost(
            @ForAll @LongRange(min = -62_135_596_800L, max = 253_402_300_799L) long second,
            @ForAll @LongRange(min = 0, max = 999_999_999) long nano) {
        Instant time = Instant.ofEpochSecond(second, nano);
        assertThat(read(Timestamps.write(time))).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2025-02-29T10:30:00.000Z",
                "2025-02-30T10:30:00.000Z",
                "2025-13-01T10:30:00.000Z",
                "2025-00-01T10:30:00.000Z",
                "2025-01-00T10:30:00.000Z",
                "2025-01-32T10:30:00.000Z",
                "2025-01-01T24:00:00.000Z",
                "2025-01-01T10:60:00.000Z",
                "2025-01-01T10:30:60.000Z",
                "0000-01-01T10:30:00.000Z",
                "2025-01-01T10:30:00.0x0Z",
                "2025-01-01T1٣:30:00.000Z",
                "-025-01-01T10:30:00.000Z",
                "2025/01/01T10:30:00.000Z",
                "2025-01-01 10:30:00.000Z"
            })
    void what_is_no_time_is_refused_however_usual_it_looks(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(InvalidField.class).hasMessageContaining("RFC 3339");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2024-02-29T10:30:00.000Z", "2024-02-29t10:30:00.000z", "2024-02-29T11:30:00+01:00"})
    void a_leap_day_is_a_day_however_it_is_written(String text) {
        assertThat(read(text)).isEqualTo(Instant.parse("2024-02-29T10:30:00Z"));
    }
}
