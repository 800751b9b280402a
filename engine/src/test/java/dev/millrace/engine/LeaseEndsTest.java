package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaseEndsTest {
    private final LeaseEnds ends = new LeaseEnds();

    @Test
    void an_end_that_was_told_while_an_earlier_one_stood_is_looked_at_too() {
        ends.add(10);
        ends.add(20);
        assertThat(ends.first(100)).isEqualTo(10);
        ends.look(10);
        assertThat(ends.first(100)).isEqualTo(20);
        ends.look(25);
        assertThat(ends.first(100)).isEqualTo(100);
    }

    @Test
    void an_earlier_one_that_is_told_later_comes_first() {
        ends.add(20);
        ends.add(10);
        assertThat(ends.first(100)).isEqualTo(10);
        assertThat(ends.first(5)).isEqualTo(5);
    }

    @Test
    void a_clock_may_pass_its_greatest_number() {
        ends.add(Long.MIN_VALUE + 5);
        ends.add(Long.MAX_VALUE - 5);
        assertThat(ends.first(Long.MIN_VALUE + 100)).isEqualTo(Long.MAX_VALUE - 5);
        ends.look(Long.MAX_VALUE);
        assertThat(ends.first(Long.MIN_VALUE + 100)).isEqualTo(Long.MIN_VALUE + 5);
    }
}
