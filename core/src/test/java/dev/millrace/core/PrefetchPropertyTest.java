package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Origin.Block;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * A prefetch gives what a plain loop over the plan would give, whatever the sizes are, in whatever order fetches end, and
 * whichever of them fail; and it accounts for every block that was fetched.
 */
class PrefetchPropertyTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Ends the fetches that run, one by one, in random order; some of them badly. */
    private static Thread answer(Origin origin, long seed, int failing) {
        return Thread.ofVirtual().start(() -> {
            var random = new Random(seed);
            var running = new ArrayList<Origin.Call>();
            try {
                for (; ; ) {
                    running.add(origin.calls.take());
                    origin.calls.drainTo(running);
                    while (!running.isEmpty()) {
                        var call = running.remove(random.nextInt(running.size()));
                        if (call.key == failing) {
                            call.fail(new IOException("block " + call.key));
                        } else {
                            call.succeed();
                        }
                        if (random.nextBoolean()) {
                            origin.calls.drainTo(running);
                        }
                    }
                }
            } catch (InterruptedException e) {
                // The test is over.
            }
        });
    }

    @Property(tries = 400)
    void it_delivers_what_a_plain_loop_would(
            @ForAll @IntRange(max = 60) int blocks,
            @ForAll @IntRange(min = 1, max = 8) int concurrency,
            @ForAll @IntRange(min = 1, max = 24) int window,
            @ForAll @IntRange(min = -1, max = 80) int failing,
            @ForAll boolean hedged,
            @ForAll long seed)
            throws Exception {
        var origin = new Origin();
        var discarded = new CopyOnWriteArrayList<Block>();
        var asked = new AtomicInteger();
        var planned = new AtomicInteger();
        var plan = IntStream.range(0, blocks)
                .peek(key -> {
                    planned.incrementAndGet();
                    // Called under the lock, after the delivery that made room.
                    assertThat(key).isLessThan(asked.get() + window);
                })
                .iterator();
        var settings = Prefetch.<Integer, Block>of(plan, origin::fetch)
                .concurrency(concurrency)
                .window(window)
                .onDiscard(discarded::add);
        if (hedged) {
            settings.hedge(Duration.ZERO, 0.5);
        }
        var delivered = new ArrayList<Block>();
        Thread answering = answer(origin, seed, failing);
        try (var prefetch = settings.start()) {
            boolean fails = failing >= 0 && failing < blocks;
            for (int key = 0; key < (fails ? failing : blocks); key++) {
                asked.incrementAndGet();
                delivered.add(prefetch.next().orElseThrow());
                assertThat(delivered.getLast().key).isEqualTo(key);
            }
            asked.incrementAndGet();
            if (fails) {
                assertThatThrownBy(prefetch::next)
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(IOException.class)
                        .hasMessageContaining("block " + failing);
            } else {
                assertThat(prefetch.next()).isEmpty();
                assertThat(planned).hasValue(blocks);
            }
            prefetch.close();
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> prefetch.statistics().inFlight() == 0);
            accountFor(origin, delivered, discarded);
            var statistics = prefetch.statistics();
            assertThat(statistics.discarded()).isEqualTo(discarded.size());
            if (hedged) {
                assertThat(statistics.hedges() * 2).isLessThanOrEqualTo(statistics.fetches());
            } else {
                assertThat(origin.mostInFlight.get()).isLessThanOrEqualTo(Math.min(concurrency, window));
            }
        } finally {
            answering.interrupt();
        }
    }

    /** After any number of deliveries, by another thread, while the reader reads on. */
    @Property(tries = 400)
    void it_can_be_closed_at_any_moment(
            @ForAll @IntRange(min = 1, max = 40) int blocks,
            @ForAll @IntRange(min = 1, max = 6) int concurrency,
            @ForAll @IntRange(min = 1, max = 18) int window,
            @ForAll @IntRange(max = 40) int closeAfter,
            @ForAll boolean deaf,
            @ForAll long seed)
            throws Exception {
        var origin = new Origin();
        origin.deaf = deaf;
        var discarded = new CopyOnWriteArrayList<Block>();
        var delivered = new CopyOnWriteArrayList<Block>();
        Thread answering = answer(origin, seed, -1);
        var prefetch = Prefetch.<Integer, Block>of(IntStream.range(0, blocks).iterator(), origin::fetch)
                .concurrency(concurrency)
                .window(window)
                .onDiscard(discarded::add)
                .start();
        Threads.Work<Void> closing = null;
        try {
            for (int key = 0; ; key++) {
                if (key == Math.min(closeAfter, blocks - 1)) {
                    closing = Threads.run(prefetch::close);
                }
                Optional<Block> block = prefetch.next();
                if (block.isEmpty()) {
                    break;
                }
                assertThat(block.get().key).isEqualTo(key);
                delivered.add(block.get());
            }
        } catch (CancellationException e) {
            assertThat(closing).isNotNull();
        }
        closing.join();
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> prefetch.statistics().inFlight() == 0);
        answering.interrupt();
        accountFor(origin, delivered, discarded);
        assertThatThrownBy(prefetch::next).isInstanceOf(CancellationException.class);
    }

    /** Each block that any fetch brought was delivered or discarded, once. */
    private static void accountFor(Origin origin, List<Block> delivered, List<Block> discarded) {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> delivered.size() + discarded.size() == origin.brought.size());
        var accounted = new HashSet<>(delivered);
        accounted.addAll(discarded);
        assertThat(accounted).hasSize(delivered.size() + discarded.size());
        assertThat(origin.brought).containsExactlyInAnyOrderElementsOf(accounted);
        assertThat(origin.inFlight).hasValue(0);
    }
}
