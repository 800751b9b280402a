package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JournalAtScaleTest {
    /** A store that needs no memory: every event is its offset. */
    private static final class Store {
        final AtomicLong committed = new AtomicLong();
        final AtomicLong reads = new AtomicLong();

        List<Entry<Long>> read(long after, int max) {
            reads.incrementAndGet();
            return LongStream.rangeClosed(after + 1, Math.min(committed.get(), after + max))
                    .mapToObj(offset -> new Entry<>(offset, offset))
                    .toList();
        }

        void commitAndPublish(Journal<Long> journal, int events) {
            long first = committed.getAndAdd(events) + 1;
            journal.publish(LongStream.range(first, first + events)
                    .mapToObj(offset -> new Entry<>(offset, offset))
                    .toList());
        }
    }

    /** Fails at the first event that is missing, doubled or out of order. */
    private static long check(List<Entry<Long>> entries, long seen) {
        for (Entry<Long> entry : entries) {
            if (entry.offset() != seen + 1 || entry.event() != seen + 1) {
                throw new AssertionError(entry + " after offset " + seen);
            }
            seen++;
        }
        return seen;
    }

    @Test
    void a_thousand_readers_at_different_speeds_all_see_every_event_once_and_in_order() throws Exception {
        int events = 2_000;
        int tail = 100;
        var store = new Store();
        var journal = Journal.over(store::read, tail, event -> 1, 0);
        var readers = new ArrayList<Threads.Work<Void>>();
        // Every tenth reader is slow: it reads only when the writer has gone on for a while, and so from the store.
        var bells = new ArrayList<Doorbell>();
        for (int i = 0; i < 1_000; i++) {
            int max = 1 + i % 32;
            boolean slow = i % 10 == 0;
            var bell = new Doorbell();
            if (slow) {
                bells.add(bell);
            }
            readers.add(Threads.run(() -> {
                try (var cursor = journal.cursor(0)) {
                    long seen = 0;
                    while (!cursor.ended()) {
                        if (slow && seen < events / 2) {
                            bell.await(Duration.ofSeconds(30));
                        }
                        var entries = cursor.take(max);
                        seen = check(entries, seen);
                        assertThat(entries.size()).isLessThanOrEqualTo(max);
                    }
                    assertThat(seen).isEqualTo(events);
                }
            }));
        }
        for (int i = 1; i <= events; i++) {
            store.commitAndPublish(journal, 1);
            assertThat(journal.tailBytes()).isLessThanOrEqualTo(tail);
            if (i % 200 == 0) {
                bells.forEach(Doorbell::ring);
            }
        }
        journal.close();
        // A slow reader takes 32 at most at each ring.
        while (readers.stream().anyMatch(reader -> !reader.done())) {
            bells.forEach(Doorbell::ring);
        }
        for (var reader : readers) {
            reader.join();
        }
        assertThat(journal.readers()).isZero();
        assertThat(store.reads).hasPositiveValue();
    }

    @Test
    void a_reader_a_million_events_behind_catches_up_and_the_others_stay_at_the_live_end() throws Exception {
        int behind = 1_000_000;
        long tail = 1_000;
        var store = new Store();
        store.committed.set(behind);
        var halfway = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var journal = Journal.<Long>over(
                (after, max) -> {
                    if (after >= behind / 2) {
                        halfway.countDown();
                        goOn.await();
                    }
                    return store.read(after, max);
                },
                tail,
                event -> 1,
                behind);
        var live = new ArrayList<Threads.Work<Void>>();
        var atTheEnd = new AtomicInteger();
        int readers = 20;
        int more = 5_000;
        for (int i = 0; i < readers; i++) {
            live.add(Threads.run(() -> {
                try (var cursor = journal.cursor(behind)) {
                    long seen = behind;
                    while (seen < behind + more) {
                        seen = check(cursor.take(32), seen);
                    }
                    atTheEnd.incrementAndGet();
                }
            }));
        }
        var late = Threads.go(() -> {
            try (var cursor = journal.cursor(0)) {
                long seen = 0;
                while (seen < behind + more) {
                    seen = check(cursor.take(512), seen);
                }
                return seen;
            }
        });
        halfway.await();
        // The late reader is in the middle of its million and goes no further; the others get everything that is new.
        // They are paced, so that none of them falls out of the tail into the backlog, which stands still.
        for (int i = 0; i < more / 500; i++) {
            store.commitAndPublish(journal, 500);
            assertThat(journal.tailBytes()).isLessThanOrEqualTo(tail);
            awaitAll(live, readers);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> atTheEnd.get() == readers);
        assertThat(late.done()).isFalse();
        goOn.countDown();
        assertThat(late.join()).isEqualTo(behind + more);
        for (var reader : live) {
            reader.join();
        }
        assertThat(journal.tailBytes()).isLessThanOrEqualTo(tail);
    }

    /** Until all live readers wait for more, or have ended. */
    private static void awaitAll(List<Threads.Work<Void>> live, int readers) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> live.stream()
                                .filter(reader ->
                                        reader.done() || reader.thread().getState() == Thread.State.WAITING)
                                .count()
                        == readers);
    }

    @Test
    void many_writers_and_many_readers_agree_on_one_order() throws Exception {
        int writers = 4;
        int each = 5_000;
        var journal = Journal.<Long>inMemory();
        var reads = new ArrayList<Threads.Work<List<Entry<Long>>>>();
        for (int i = 0; i < 8; i++) {
            int max = 1 + i * 7;
            reads.add(Threads.go(() -> {
                var all = new ArrayList<Entry<Long>>();
                try (var cursor = journal.cursor(0)) {
                    while (!cursor.ended()) {
                        all.addAll(cursor.take(max));
                    }
                }
                return all;
            }));
        }
        var writing = new ArrayList<Threads.Work<Void>>();
        for (long writer = 0; writer < writers; writer++) {
            long base = writer * each;
            writing.add(Threads.run(() -> {
                for (int i = 0; i < each; i++) {
                    journal.append(base + i);
                }
            }));
        }
        for (var writer : writing) {
            writer.join();
        }
        journal.close();
        var first = reads.getFirst().join();
        assertThat(first).hasSize(writers * each);
        for (int i = 0; i < first.size(); i++) {
            assertThat(first.get(i).offset()).isEqualTo(i + 1);
        }
        assertThat(first.stream().map(Entry::event).distinct().count()).isEqualTo((long) writers * each);
        for (var read : reads) {
            assertThat(read.join()).isEqualTo(first);
        }
    }

    /** Each event is answered before the next is written: one lost wake-up, of any reader, stops the test. */
    @Test
    void no_wake_up_is_lost_when_the_readers_wait_for_every_event() throws Exception {
        int readers = 50;
        int events = 2_000;
        var journal = Journal.<Long>inMemory();
        var seen = new AtomicInteger();
        var all = new Doorbell();
        var reading = new ArrayList<Threads.Work<Void>>();
        for (int i = 0; i < readers; i++) {
            reading.add(Threads.run(() -> {
                try (var cursor = journal.cursor(0)) {
                    for (long at = 0; at < events; ) {
                        at = check(cursor.take(1), at);
                        if (seen.incrementAndGet() % readers == 0) {
                            all.ring();
                        }
                    }
                }
            }));
        }
        for (long i = 1; i <= events; i++) {
            journal.append(i);
            assertThat(all.await(Duration.ofSeconds(30)))
                    .as("all readers woke for event %s", i)
                    .isTrue();
        }
        for (var reader : reading) {
            reader.join();
        }
    }

    /** Whatever the batches, the bound of the tail and the start are: a cursor reads the rest of the log, in order. */
    @Property(tries = 300)
    void a_cursor_reads_what_was_published_after_its_start(
            @ForAll List<@IntRange(min = 1, max = 20) Integer> batches,
            @ForAll @IntRange(max = 40) int tailBytes,
            @ForAll @IntRange(max = 60) int start,
            @ForAll @IntRange(min = 1, max = 40) int max,
            @ForAll boolean warm)
            throws Exception {
        var store = new Store();
        var journal = warm
                ? Journal.over(store::read, tailBytes, event -> 1 + (int) (event % 3), 0)
                : Journal.<Long>over(store::read, tailBytes, event -> 1 + (int) (event % 3));
        var cursor = journal.cursor(start);
        var reader = Threads.go(() -> {
            long seen = start;
            while (!cursor.ended()) {
                seen = check(cursor.take(max), seen);
            }
            return seen;
        });
        for (int batch : batches) {
            store.commitAndPublish(journal, batch);
            assertThat(journal.tailBytes()).isLessThanOrEqualTo(tailBytes);
        }
        journal.close();
        assertThat(reader.join()).isEqualTo(Math.max(start, store.committed.get()));
    }
}
