package dev.millrace.files.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDatesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
                " Sun, 06 Nov 1994 08:49:37 GMT "
            })
    void the_three_forms_of_RFC_9110_are_read(String header) {
        assertThat(HttpDates.parse(header)).contains(Instant.parse("1994-11-06T08:49:37Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "Mon, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 CET",
                "1994-11-06T08:49:37Z",
                "Sun, 31 Feb 1994 08:49:37 GMT",
                "\"v1\""
            })
    void nothing_else_is(String header) {
        assertThat(HttpDates.parse(header)).isEmpty();
    }

    @Property
    void what_is_written_is_read_back(@ForAll @LongRange(min = 0, max = 253402300799999L) long millis) {
        Instant instant = Instant.ofEpochMilli(millis);
        assertThat(HttpDates.parse(HttpDates.format(instant))).contains(instant.truncatedTo(ChronoUnit.SECONDS));
    }
}
