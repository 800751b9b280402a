package dev.millrace.files.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.files.ByteRange;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RangeHeaderTest {

    /** One range in words: the ranges that remain, {@code 416}, or {@code ignored}. */
    private static String outcome(String header, long size) {
        return switch (RangeHeader.parse(header, size)) {
            case RangeHeader.Ignored() -> "ignored";
            case RangeHeader.Unsatisfiable() -> "416";
            case RangeHeader.Satisfiable s ->
                s.ranges().stream().map(r -> r.first() + "-" + r.last()).collect(Collectors.joining(" "));
        };
    }

    @ParameterizedTest(name = "{0} of {1} bytes: {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            bytes=0-0            | 1000 | 0-0
            bytes=0-1            | 1000 | 0-1
            bytes=0-             | 1000 | 0-999
            bytes=0-999          | 1000 | 0-999
            bytes=0-1000         | 1000 | 0-999
            bytes=0-99999        | 1000 | 0-999
            bytes=500-           | 1000 | 500-999
            bytes=500-600        | 1000 | 500-600
            bytes=500-500        | 1000 | 500-500
            bytes=999-           | 1000 | 999-999
            bytes=999-999        | 1000 | 999-999
            bytes=998-5000       | 1000 | 998-999
            bytes=1000-          | 1000 | 416
            bytes=1000-2000      | 1000 | 416
            bytes=1001-          | 1000 | 416
            bytes=-1             | 1000 | 999-999
            bytes=-500           | 1000 | 500-999
            bytes=-999           | 1000 | 1-999
            bytes=-1000          | 1000 | 0-999
            bytes=-1001          | 1000 | 0-999
            bytes=-0             | 1000 | 416
            bytes=-000           | 1000 | 416
            bytes=00-09          | 1000 | 0-9
            bytes=007-           | 1000 | 7-999
            bytes=9223372036854775806-                       | 1000 | 416
            bytes=9223372036854775807-                       | 1000 | 416
            bytes=9223372036854775808-                       | 1000 | 416
            bytes=0-9223372036854775807                      | 1000 | 0-999
            bytes=0-9223372036854775808                      | 1000 | 0-999
            bytes=0-18446744073709551615                     | 1000 | 0-999
            bytes=18446744073709551616-                      | 1000 | 416
            bytes=18446744073709551616-18446744073709551617  | 1000 | 416
            bytes=18446744073709551617-18446744073709551616  | 1000 | ignored
            bytes=-9223372036854775808                       | 1000 | 0-999
            bytes=-99999999999999999999999999999999999999    | 1000 | 0-999
            bytes=4294967295-4294967296  | 5000000000 | 4294967295-4294967296
            bytes=4294967296-            | 5000000000 | 4294967296-4999999999
            bytes=-1                     | 9223372036854775807 | 9223372036854775806-9223372036854775806
            bytes=0-             | 0    | 416
            bytes=0-0            | 0    | 416
            bytes=-1             | 0    | 416
            bytes=-0             | 0    | 416
            bytes=0-0            | 1    | 0-0
            bytes=1-             | 1    | 416
            Bytes=0-1            | 1000 | 0-1
            BYTES=0-1            | 1000 | 0-1
            bytes=               | 1000 | ignored
            bytes                | 1000 | ignored
            bytes=-              | 1000 | ignored
            bytes=5              | 1000 | ignored
            bytes=--1            | 1000 | ignored
            bytes=-1-            | 1000 | ignored
            bytes=1-2-3          | 1000 | ignored
            bytes=9-2            | 1000 | ignored
            bytes=a-b            | 1000 | ignored
            bytes=0-9x           | 1000 | ignored
            bytes=0x0-0x9        | 1000 | ignored
            bytes=+0-9           | 1000 | ignored
            bytes=1.0-2.0        | 1000 | ignored
            bytes=0 - 9          | 1000 | ignored
            bytes =0-9           | 1000 | ignored
            bytes= 0-9           | 1000 | 0-9
            bytes:0-9            | 1000 | ignored
            bytes 0-9/1000       | 1000 | ignored
            items=0-1            | 1000 | ignored
            seconds=0-9          | 1000 | ignored
            none                 | 1000 | ignored
            0-9                  | 1000 | ignored
            bytes=٠-٩            | 1000 | ignored
            bytes=0-1,2-3        | 1000 | 0-1 2-3
            bytes=0-1, 2-3       | 1000 | 0-1 2-3
            bytes=2-3 , 0-1      | 1000 | 2-3 0-1
            bytes=0-1,1-2        | 1000 | 0-1 1-2
            bytes=,0-1,,2-3,     | 1000 | 0-1 2-3
            bytes=,              | 1000 | ignored
            bytes=0-0,-1         | 1000 | 0-0 999-999
            bytes=0-0,2000-      | 1000 | 0-0
            bytes=2000-,3000-    | 1000 | 416
            bytes=-0,5-5         | 1000 | 5-5
            bytes=0-1,9-2        | 1000 | ignored
            bytes=0-1,x          | 1000 | ignored
            bytes=0-1;2-3        | 1000 | ignored
            """)
    void a_header_means_what_RFC_9110_says(String header, long size, String expected) {
        assertThat(outcome(header, size)).isEqualTo(expected);
    }

    @Test
    void surrounding_space_does_not_matter() {
        assertThat(outcome("  bytes=1-2\t", 10)).isEqualTo("1-2");
    }

    @Test
    void a_hundred_ranges_are_read_and_one_more_is_an_attack() {
        String hundred = IntStream.range(0, 100).mapToObj(i -> i + "-" + i).collect(Collectors.joining(","));
        assertThat(RangeHeader.parse("bytes=" + hundred, 1000))
                .isInstanceOfSatisfying(
                        RangeHeader.Satisfiable.class,
                        s -> assertThat(s.ranges()).hasSize(100));
        assertThat(outcome("bytes=" + hundred + ",0-", 1000)).isEqualTo("ignored");
    }

    @Property
    void any_two_numbers_give_the_bytes_they_share_with_the_file(
            @ForAll @LongRange(min = 0) long a,
            @ForAll @LongRange(min = 0) long b,
            @ForAll @LongRange(min = 1) long size) {
        long first = Math.min(a, b);
        long last = Math.max(a, b);
        RangeHeader parsed = RangeHeader.parse("bytes=" + first + "-" + last, size);
        if (first >= size) {
            assertThat(parsed).isInstanceOf(RangeHeader.Unsatisfiable.class);
        } else {
            assertThat(parsed)
                    .isInstanceOfSatisfying(
                            RangeHeader.Satisfiable.class,
                            s -> assertThat(s.ranges())
                                    .containsExactly(new ByteRange(first, Math.min(last, size - 1))));
        }
    }
}
