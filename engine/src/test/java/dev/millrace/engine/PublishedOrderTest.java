package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** However submits of both durabilities from many threads fall together: one order for each context, for every reader. */
class PublishedOrderTest {
    private static final int READERS = 3;

    @Property(tries = 12, shrinking = ShrinkingMode.OFF)
    void offsets_are_contiguous_and_every_reader_sees_them_in_order_from_wherever_it_starts(
            @ForAll Stores kind,
            @ForAll @IntRange(min = 1, max = 8) int writers,
            @ForAll @IntRange(min = 1, max = 4) int contexts,
            @ForAll @IntRange(min = 1, max = 4_000) int tailBytes,
            @ForAll long seed)
            throws Exception {
        Path folder = Files.createTempDirectory("order");
        try (Store store = kind.open(folder);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var journals = new Journals(
                    (contextId, after, max) -> store.<List<Journal.Entry<Event>>>read(
                            contextId, reader -> reader.events(contextId, after, max)),
                    tailBytes);
            var ledger = new Ledger(
                    store, EngineSettings.defaults(), new Workers(1), journals, lease -> () -> {}, new NoLine());
            for (int c = 0; c < contexts; c++) {
                create(ledger, "c" + c);
            }
            Map<String, Long> total = planned(writers, contexts, seed);
            var reading = new ArrayList<Future<?>>();
            var random = new Random(seed);
            for (Map.Entry<String, Long> each : total.entrySet()) {
                for (int r = 0; r < READERS; r++) {
                    long from = random.nextInt((int) (each.getValue() + 1));
                    int batch = 1 + random.nextInt(32);
                    reading.add(threads.submit(reader(journals, each.getKey(), from, each.getValue(), batch)));
                }
            }
            var writing = new ArrayList<Future<?>>();
            for (int w = 0; w < writers; w++) {
                int writer = w;
                writing.add(threads.submit(() -> {
                    write(ledger, writer, contexts, seed);
                    return true;
                }));
            }
            for (Future<?> each : writing) {
                each.get();
            }
            for (Future<?> each : reading) {
                each.get();
            }
        } finally {
            delete(folder);
        }
    }

    private record Step(String contextId, Durability durability, int events) {}

    private static List<Step> steps(int writer, int contexts, long seed) {
        var random = new Random(seed + writer);
        var steps = new ArrayList<Step>();
        for (int i = 0; i < 60; i++) {
            steps.add(new Step(
                    "c" + random.nextInt(contexts),
                    random.nextInt(5) == 0 ? Durability.FSYNCED : Durability.WRITTEN,
                    1 + random.nextInt(4)));
        }
        return steps;
    }

    /** How many events each context will have. */
    private static Map<String, Long> planned(int writers, int contexts, long seed) {
        var total = new HashMap<String, Long>();
        for (int w = 0; w < writers; w++) {
            steps(w, contexts, seed).forEach(s -> total.merge(s.contextId(), (long) s.events(), Long::sum));
        }
        return total;
    }

    private static void create(Ledger ledger, String contextId) throws Exception {
        ledger.change(contextId, Durability.FSYNCED, draft -> {
                    draft.create(new Context(
                            contextId, "me", "a", null, Context.Concurrency.PARALLEL, draft.now(), draft.now(), 0));
                    return true;
                })
                .get();
    }

    /** Each event says who wrote it and which of the writer's own it is in its context. */
    private static void write(Ledger ledger, int writer, int contexts, long seed) throws Exception {
        var counts = new HashMap<String, Integer>();
        var pending = new ArrayList<Future<?>>();
        for (Step step : steps(writer, contexts, seed)) {
            var events = new ArrayList<Event>();
            for (int i = 0; i < step.events(); i++) {
                int count = counts.merge(step.contextId(), 1, Integer::sum);
                events.add(new Event(
                        "t", Event.Kind.CHUNK, null, (writer + ":" + count).getBytes(StandardCharsets.UTF_8)));
            }
            pending.add(ledger.change(step.contextId(), step.durability(), draft -> {
                events.forEach(draft::append);
                return true;
            }));
        }
        for (Future<?> each : pending) {
            each.get();
        }
    }

    private static Callable<Boolean> reader(Journals journals, String contextId, long from, long to, int batch) {
        return () -> {
            var offsets = new ArrayList<Long>();
            var lastOf = new HashMap<String, Integer>();
            try (Cursor<Event> cursor = journals.open(contextId, from)) {
                while (cursor.position() < to) {
                    for (Journal.Entry<Event> entry : cursor.take(batch)) {
                        offsets.add(entry.offset());
                        String[] said = new String(entry.event().json(), StandardCharsets.UTF_8).split(":", 2);
                        int count = Integer.parseInt(said[1]);
                        Integer before = lastOf.put(said[0], count);
                        assertThat(before == null || before + 1 == count)
                                .as("event %s of writer %s after its %s", count, said[0], before)
                                .isTrue();
                    }
                }
            }
            assertThat(offsets)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(from + 1, to).boxed().toList());
            return true;
        };
    }

    private static void delete(Path folder) throws Exception {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static final class NoLine implements Ledger.Line {
        @Override
        public boolean othersWait() {
            return false;
        }

        @Override
        public void leftWaiting() {}

        @Override
        public void placeFree() {}
    }
}
