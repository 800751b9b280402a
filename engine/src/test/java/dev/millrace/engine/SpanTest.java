package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SpanTest {

    @Test
    void where_nobody_records_there_is_nothing_and_it_costs_no_allocation() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var causes = new Causes();
        long sum = work(causes); // loads what there is to load
        long before = threads.getCurrentThreadAllocatedBytes();
        long after = threads.getCurrentThreadAllocatedBytes();
        long ofTheMeasurement = after - before;
        before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            sum += work(causes);
        }
        after = threads.getCurrentThreadAllocatedBytes();
        assertThat(sum).isZero();
        assertThat(after - before - ofTheMeasurement).isLessThan(10_000); // not one byte for each
    }

    /** What a send, a turn, and a call of a model do. */
    private static long work(Causes causes) {
        Span current = Span.current();
        try (Span span = current.child(Span.Kind.CLIENT, "call")) {
            span.note("a", "b").note("c", 1).failed("d").carry((name, value) -> {
                throw new AssertionError("there is nothing to carry");
            });
            return span == Span.NONE && causes.of("task") == Span.NONE && span.traceId() == null ? 0 : 1;
        }
    }

    @Test
    void nothing_begins_nothing() {
        assertThat(Spans.NONE.begin(Span.Kind.SERVER, "request", name -> Optional.of("x")))
                .isSameAs(Span.NONE);
        var ran = new AtomicInteger();
        int result = Span.NONE.<Integer, RuntimeException>within(ran::incrementAndGet);
        assertThat(result).isOne();
    }

    @Test
    void the_causes_of_the_last_tasks_are_known_and_no_more() {
        var causes = new Causes();
        var cause = new NoSpan();
        for (int i = 0; i < 20_000; i++) {
            causes.put("task " + i, cause);
        }
        assertThat(causes.of("task 0")).isSameAs(Span.NONE);
        assertThat(causes.of("task 19999")).isSameAs(cause);
        assertThat(causes.of("task 10000")).isSameAs(cause);
    }
}
