package dev.millrace.core;

import static dev.millrace.core.Threads.go;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Origin.Block;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Gatherers;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PrefetchTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** How long a test that must fail is given to do so; a correct implementation takes microseconds. */
    private static final Duration SHORT = Duration.ofMillis(300);

    private final Origin origin = new Origin();
    private final List<Block> discarded = new CopyOnWriteArrayList<>();
    private final List<Prefetch<?, ?>> started = new ArrayList<>();

    private static Iterator<Integer> plan(int blocks) {
        return IntStream.range(0, blocks).iterator();
    }

    private Prefetch.Builder<Integer, Block> settings(int blocks) {
        return Prefetch.of(plan(blocks), origin::fetch).onDiscard(discarded::add);
    }

    private Prefetch<Integer, Block> start(Prefetch.Builder<Integer, Block> settings) {
        var prefetch = settings.start();
        started.add(prefetch);
        return prefetch;
    }

    private Prefetch<Integer, Block> start(int blocks, int concurrency, int window) {
        return start(settings(blocks).concurrency(concurrency).window(window));
    }

    @AfterEach
    void nothing_is_left_behind() throws Exception {
        origin.deaf = false;
        for (var prefetch : started) {
            prefetch.close();
        }
        for (Origin.Call call; (call = origin.calls.poll()) != null; ) {
            call.fail(new IOException("the test is over"));
        }
        for (var prefetch : started) {
            await().atMost(LONG).until(() -> prefetch.statistics().inFlight() == 0);
            assertThat(prefetch.statistics().undelivered()).isZero();
        }
        assertThat(discarded).doesNotHaveDuplicates();
        assertThat(origin.inFlight).hasValue(0);
    }

    @Test
    void blocks_come_in_the_order_of_the_plan_however_they_finish() throws Exception {
        var prefetch = start(4, 4, 4);
        for (int key : new int[] {2, 3, 1, 0}) {
            origin.call(key).succeed();
        }
        for (int key = 0; key < 4; key++) {
            assertThat(prefetch.next().orElseThrow().key).isEqualTo(key);
        }
        assertThat(prefetch.next()).isEmpty();
        assertThat(prefetch.next()).isEmpty();
    }

    @Test
    void a_closed_gate_starts_nothing_and_a_nudge_lets_it_look_again() throws Exception {
        var open = new AtomicInteger(1);
        var prefetch = start(settings(3).concurrency(3).gate(() -> open.getAndDecrement() > 0));
        origin.call(0).succeed();
        assertThat(prefetch.next().orElseThrow().key).isEqualTo(0);
        assertThat(origin.begun).hasValue(1);

        var waiting = go(prefetch::next);
        open.set(2);
        prefetch.nudge();
        origin.call(2).succeed();
        origin.call(1).succeed();
        assertThat(waiting.join().orElseThrow().key).isEqualTo(1);
        assertThat(prefetch.next().orElseThrow().key).isEqualTo(2);
        assertThat(prefetch.next()).isEmpty();
    }

    @Test
    void a_reader_behind_a_closed_gate_is_woken_by_closing() throws Exception {
        var prefetch = start(settings(3).gate(() -> false));
        var waiting = go(prefetch::next);
        prefetch.close();
        assertThatThrownBy(waiting::join).isInstanceOf(CancellationException.class);
        assertThat(origin.begun).hasValue(0);
    }

    @Test
    void an_empty_plan_is_at_its_end() throws Exception {
        assertThat(start(0, 4, 4).next()).isEmpty();
    }

    @Test
    void the_first_block_goes_out_while_its_siblings_are_still_fetched() throws Exception {
        var prefetch = start(4, 4, 4);
        origin.call(0).succeed();
        assertThat(prefetch.next().orElseThrow().key).isZero();
        assertThat(origin.brought).hasSize(1);
    }

    @Test
    void no_more_than_n_fetches_run_and_no_more_than_w_blocks_are_held() throws Exception {
        var prefetch = start(20, 3, 5);
        origin.call(2);
        assertThat(prefetch.statistics()).isEqualTo(new Prefetch.Statistics(3, 0, 0, 3, 0));
        for (int key = 0; key < 5; key++) {
            origin.call(key).succeed();
        }
        await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 5);
        assertThat(prefetch.statistics()).isEqualTo(new Prefetch.Statistics(5, 0, 0, 0, 5));
        assertThat(origin.hasBegun(5)).isFalse();
        prefetch.next();
        origin.call(5);
        assertThat(prefetch.statistics().fetches()).isEqualTo(6);
    }

    @Test
    void the_window_is_three_times_the_concurrency_unless_set() throws Exception {
        var prefetch = start(settings(100).concurrency(2));
        for (int key = 0; key < 6; key++) {
            origin.call(key).succeed();
        }
        await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 6);
        assertThat(prefetch.statistics().fetches()).isEqualTo(6);
    }

    @Test
    void the_plan_is_asked_only_when_a_slot_is_free() throws Exception {
        var asked = new CopyOnWriteArrayList<Integer>();
        var plan = IntStream.range(0, 10).peek(asked::add).iterator();
        var prefetch = Prefetch.of(plan, origin::fetch).concurrency(1).window(2).start();
        started.add(prefetch);
        origin.call(0).succeed();
        origin.call(1).succeed();
        await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 2);
        assertThat(asked).containsExactly(0, 1);
        prefetch.next();
        assertThat(asked).containsExactly(0, 1, 2);
        discardAll(prefetch);
    }

    private void discardAll(Prefetch<?, ?> prefetch) {
        prefetch.close();
        assertThat(prefetch.statistics().undelivered()).isZero();
    }

    @Nested
    class TheWindowSlides {

        interface Next {
            Optional<Block> next() throws Exception;
        }

        /** All four of the first are there; one is taken; the fifth must begin though three are not yet taken. */
        void the_next_fetch_begins_before_the_first_batch_is_drained(Next stream, Duration limit) throws Exception {
            for (int key = 0; key < 4; key++) {
                origin.call(key).succeed();
            }
            assertThat(stream.next().orElseThrow().key).isZero();
            origin.call(4, 1, limit);
        }

        @Test
        void the_next_fetch_begins_before_the_first_batch_is_drained() throws Exception {
            the_next_fetch_begins_before_the_first_batch_is_drained(start(12, 4, 4)::next, LONG);
        }

        @Test
        void a_batch_by_batch_implementation_fails_that_test() {
            var batches = new BatchDrain<>(plan(12), origin::fetch, 4);
            assertThatThrownBy(() -> the_next_fetch_begins_before_the_first_batch_is_drained(batches::next, SHORT))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("block 4 did not begin");
            batches.close();
        }

        /** Nothing was delivered yet, and one of four was completed. */
        @Test
        void the_next_fetch_begins_on_a_completion_too() throws Exception {
            start(12, 4, 12);
            origin.call(3).succeed();
            origin.call(4);
        }

        /** The head is slow. Those behind it finish, and fetching goes on until the window is full, and no further. */
        void a_slow_head_does_not_stop_the_fetches_behind_it(int upTo, Duration limit) throws Exception {
            origin.call(0, 1, limit);
            for (int key = 1; key < upTo; key++) {
                origin.call(key, 1, limit).succeed();
            }
        }

        @Test
        void a_slow_head_does_not_stop_the_fetches_behind_it() throws Exception {
            var prefetch = start(100, 4, 12);
            a_slow_head_does_not_stop_the_fetches_behind_it(12, LONG);
            await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 11);
            assertThat(prefetch.statistics().fetches()).isEqualTo(12);
            origin.call(0).succeed();
            for (int key = 0; key < 12; key++) {
                assertThat(prefetch.next().orElseThrow().key).isEqualTo(key);
            }
        }

        @Test
        void a_window_that_fills_with_finished_blocks_fails_that_test() throws Exception {
            var reader = Threads.run(() -> IntStream.range(0, 100)
                    .boxed()
                    .gather(Gatherers.mapConcurrent(4, this::fetchUnchecked))
                    .forEach(block -> {}));
            assertThatThrownBy(() -> a_slow_head_does_not_stop_the_fetches_behind_it(12, SHORT))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("did not begin");
            reader.thread().interrupt();
            origin.call(0).fail(new IOException("over"));
            assertThatThrownBy(reader::join).isInstanceOf(RuntimeException.class);
        }

        private Block fetchUnchecked(int key) {
            try {
                return origin.fetch(key);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Nested
    class Failures {

        @Test
        void a_failed_block_wakes_its_reader_and_every_call_after_it_fails_alike() throws Exception {
            var prefetch = start(8, 4, 8);
            var reader = go(prefetch::next).untilParked();
            var cause = new IOException("no such block");
            origin.call(0).fail(cause);
            assertThatThrownBy(reader::join)
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(cause);
            assertThatThrownBy(prefetch::next)
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(cause);
        }

        @Test
        void the_blocks_before_the_failed_one_are_still_delivered() throws Exception {
            var prefetch = start(8, 4, 8);
            var cause = new IOException("no such block");
            origin.call(2).fail(cause);
            assertThat(origin.call(3).interrupted()).isTrue();
            origin.call(1).succeed();
            origin.call(0).succeed();
            assertThat(prefetch.next().orElseThrow().key).isZero();
            assertThat(prefetch.next().orElseThrow().key).isEqualTo(1);
            assertThatThrownBy(prefetch::next).hasCause(cause);
            assertThat(origin.hasBegun(4)).isFalse();
        }

        @Test
        void the_blocks_behind_the_failed_one_are_discarded() throws Exception {
            var prefetch = start(8, 4, 4);
            origin.call(3).succeed();
            await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 1);
            origin.call(1).fail(new IOException("no such block"));
            await().atMost(LONG).untilAsserted(() -> assertThat(discarded).containsExactlyElementsOf(origin.brought));
            assertThat(prefetch.statistics().discarded()).isEqualTo(1);
        }

        @Test
        void of_two_failures_the_first_in_order_is_told() throws Exception {
            var prefetch = start(8, 4, 4);
            origin.call(2).fail(new IOException("later in order"));
            var first = new IOException("first in order");
            assertThat(origin.call(3).interrupted()).isTrue();
            origin.call(0).fail(first);
            assertThatThrownBy(prefetch::next).hasCause(first);
        }

        @Test
        void an_error_is_a_failure_too() throws Exception {
            var prefetch = start(1, 1, 1);
            var cause = new StackOverflowError();
            origin.call(0).fail(cause);
            assertThatThrownBy(prefetch::next).hasCause(cause);
        }

        @Test
        void a_fetch_that_gives_null_has_failed() {
            var prefetch = Prefetch.<Integer, Block>of(plan(1), key -> null).start();
            assertThatThrownBy(prefetch::next)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(NullPointerException.class)
                    .hasMessageContaining("fetch of 0");
        }

        @Test
        void a_plan_that_throws_fails_the_stream_in_its_place() throws Exception {
            var cause = new IllegalStateException("no plan");
            var plan = IntStream.range(0, 10)
                    .peek(key -> {
                        if (key == 2) {
                            throw cause;
                        }
                    })
                    .iterator();
            var prefetch =
                    start(Prefetch.<Integer, Block>of(plan, origin::fetch).concurrency(4));
            origin.call(1).succeed();
            origin.call(0).succeed();
            assertThat(prefetch.next().orElseThrow().key).isZero();
            assertThat(prefetch.next().orElseThrow().key).isEqualTo(1);
            assertThatThrownBy(prefetch::next).hasCause(cause);
            assertThatThrownBy(prefetch::next).hasCause(cause);
        }

        @Test
        void a_thread_that_cannot_be_had_fails_its_block() throws Exception {
            var none = start(settings(3).threadFactory(task -> null));
            assertThatThrownBy(none::next).isInstanceOf(ExecutionException.class);

            var cause = new OutOfMemoryError("unable to create native thread");
            var broken = start(settings(3).threadFactory(task -> {
                throw cause;
            }));
            assertThatThrownBy(broken::next).hasCause(cause);
            assertThat(broken.statistics()).isEqualTo(new Prefetch.Statistics(0, 0, 0, 0, 0));
        }
    }

    @Nested
    class Cancellation {

        @Test
        void close_interrupts_every_fetch_and_starts_no_more() throws Exception {
            var prefetch = start(8, 4, 8);
            origin.call(3);
            prefetch.close();
            for (int key = 0; key < 4; key++) {
                assertThat(origin.call(key).interrupted()).isTrue();
            }
            await().atMost(LONG).until(() -> prefetch.statistics().inFlight() == 0);
            assertThat(origin.begun).hasValue(4);
        }

        @Test
        void close_wakes_a_reader_in_the_middle_of_next() throws Exception {
            var prefetch = start(8, 4, 8);
            var reader = go(prefetch::next).untilParked();
            prefetch.close();
            assertThatThrownBy(reader::join).isInstanceOf(CancellationException.class);
            assertThatThrownBy(prefetch::next).isInstanceOf(CancellationException.class);
        }

        @Test
        void blocks_that_nobody_took_are_discarded_once() throws Exception {
            var prefetch = start(8, 4, 4);
            for (int key = 0; key < 4; key++) {
                origin.call(key).succeed();
            }
            var taken = prefetch.next().orElseThrow();
            await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 3);
            prefetch.close();
            prefetch.close();
            assertThat(discarded).hasSize(3).doesNotContain(taken);
        }

        @Test
        void a_block_that_comes_after_the_close_is_discarded_once_and_without_the_interrupt() throws Exception {
            origin.deaf = true;
            var interrupted = new LinkedBlockingQueue<Boolean>();
            var prefetch = start(settings(1).onDiscard(block -> {
                discarded.add(block);
                interrupted.add(Thread.currentThread().isInterrupted());
            }));
            var call = origin.call(0);
            prefetch.close();
            call.succeed();
            assertThat(interrupted.take()).isFalse();
            assertThat(discarded).containsExactlyElementsOf(origin.brought);
            await().atMost(LONG).until(() -> prefetch.statistics().discarded() == 1);
        }

        @Test
        void a_discard_that_throws_stops_nothing() throws Exception {
            var prefetch = start(settings(8).concurrency(4).window(4).onDiscard(block -> {
                discarded.add(block);
                throw new IllegalStateException("cannot release " + block);
            }));
            for (int key = 0; key < 4; key++) {
                origin.call(key).succeed();
            }
            await().atMost(LONG).until(() -> prefetch.statistics().undelivered() == 4);
            var thrown = new LinkedBlockingQueue<Throwable>();
            Thread closer = Thread.ofPlatform().unstarted(prefetch::close);
            closer.setUncaughtExceptionHandler((thread, e) -> thrown.add(e));
            closer.start();
            closer.join();
            assertThat(discarded).hasSize(4);
            assertThat(thrown).hasSize(4);
        }

        @Test
        void an_interrupted_reader_can_go_on_reading() throws Exception {
            var prefetch = start(4, 4, 4);
            var reader = go(prefetch::next).untilParked();
            reader.thread().interrupt();
            assertThatThrownBy(reader::join).isInstanceOf(InterruptedException.class);
            for (int key = 0; key < 4; key++) {
                origin.call(key).succeed();
                assertThat(prefetch.next().orElseThrow().key).isEqualTo(key);
            }
            assertThat(prefetch.next()).isEmpty();
        }

        @Test
        void the_end_of_the_plan_leaves_no_thread() throws Exception {
            var prefetch = start(4, 2, 4);
            for (int key = 0; key < 4; key++) {
                origin.call(key).succeed();
            }
            while (prefetch.next().isPresent()) {}
            await().atMost(LONG).until(() -> prefetch.statistics().inFlight() == 0);
        }
    }

    @Test
    void settings_that_make_no_sense_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).concurrency(0));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).window(0));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).hedge(Duration.ofSeconds(-1), 0.5));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).hedge(Duration.ZERO, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).hedge(Duration.ZERO, 1.5));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(1).hedge(Duration.ZERO, Double.NaN));
    }
}
