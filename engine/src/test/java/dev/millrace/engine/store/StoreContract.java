package dev.millrace.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.Event;
import dev.millrace.engine.Page;
import dev.millrace.engine.Sent;
import dev.millrace.engine.TaskQuery;
import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every store promises the engine. */
@Timeout(60)
public abstract class StoreContract {
    protected static final String OWNER = "me";
    protected static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

    protected Store store;

    protected abstract Store open();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    protected static Context context(String id, String owner, Context.Concurrency concurrency, Instant at, long last) {
        return new Context(id, owner, "a", null, concurrency, T0, at, last);
    }

    protected static Journal.Entry<Event> event(long offset, String taskId, Event.Kind kind, String text) {
        return new Journal.Entry<>(
                offset, new Event(taskId, kind, null, text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    protected static TaskRecord task(
            String id, String contextId, String owner, TaskState state, Instant at, long position) {
        String holder = state == TaskState.WORKING ? "w" : null;
        return new TaskRecord(id, contextId, owner, "a", state, at, position, position, 0, holder, 0, false);
    }

    protected static <R> Write<R> write(
            R result, Context context, List<TaskRecord> tasks, List<Journal.Entry<Event>> events, Runnable committed) {
        return new Write<>(result, context, tasks, events, List.of(), null, committed, () -> {});
    }

    /** Appends events of one byte each to a context, which is made if it is not there; gives the last offset. */
    protected CompletableFuture<Long> append(String contextId, Durability durability, int count, Runnable committed) {
        return store.submit(contextId, durability, reader -> {
            Context before = reader.context(contextId);
            long last = before == null ? 0 : before.lastOffset();
            var events = IntStream.rangeClosed(1, count)
                    .mapToObj(i -> event(last + i, "t", Event.Kind.CHUNK, "x"))
                    .toList();
            Context after = context(contextId, OWNER, Context.Concurrency.PARALLEL, T0, last + count);
            return write(last + count, after, List.of(), events, committed);
        });
    }

    /** Makes a context with tasks in these states, at these times. */
    protected void make(
            String contextId, String owner, Context.Concurrency concurrency, Instant at, TaskState... states)
            throws Exception {
        var tasks = new ArrayList<TaskRecord>();
        var events = new ArrayList<Journal.Entry<Event>>();
        for (int i = 0; i < states.length; i++) {
            String id = contextId + "-" + (i + 1);
            tasks.add(task(id, contextId, owner, states[i], at, i + 1));
            events.add(event(i + 1, id, Event.Kind.TASK, "{}"));
        }
        store.submit(
                        contextId,
                        Durability.FSYNCED,
                        reader -> write(
                                true,
                                context(contextId, owner, concurrency, at, states.length),
                                tasks,
                                events,
                                () -> {}))
                .get();
    }

    protected List<Long> offsets(String contextId) throws InterruptedException {
        return store.<List<Long>>read(
                contextId,
                reader -> reader.events(contextId, 0, 100_000).stream()
                        .map(Journal.Entry::offset)
                        .toList());
    }

    @Test
    void what_may_begin_begins_before_the_commit_is_told_and_each_in_order() throws Exception {
        var told = Collections.synchronizedList(new ArrayList<String>());
        var futures = new ArrayList<CompletableFuture<Integer>>();
        for (int i = 0; i < 50; i++) {
            int n = i;
            futures.add(store.submit(
                    "c",
                    n % 3 == 0 ? Durability.FSYNCED : Durability.WRITTEN,
                    reader -> new Write<>(
                            n,
                            context("c", OWNER, Context.Concurrency.PARALLEL, T0, n + 1),
                            List.of(),
                            List.of(event(n + 1, "t", Event.Kind.CHUNK, "x")),
                            List.of(),
                            null,
                            false,
                            () -> told.add("written " + n),
                            () -> told.add("committed " + n),
                            () -> told.add("aborted " + n))));
        }
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).get();
        for (String what : List.of("written ", "committed ")) {
            assertThat(told.stream().filter(each -> each.startsWith(what)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 50).mapToObj(n -> what + n).toList());
        }
        for (int n = 0; n < 50; n++) {
            assertThat(told.indexOf("written " + n)).isLessThan(told.indexOf("committed " + n));
        }
    }

    @Test
    void submits_of_one_thread_for_one_context_are_decided_and_told_in_order_whatever_their_durability()
            throws Exception {
        var told = Collections.synchronizedList(new ArrayList<Integer>());
        var futures = new ArrayList<CompletableFuture<Long>>();
        var random = new Random(1);
        for (int i = 0; i < 300; i++) {
            int n = i;
            Durability durability = random.nextInt(4) == 0 ? Durability.FSYNCED : Durability.WRITTEN;
            futures.add(append("c", durability, 1, () -> told.add(n)));
        }
        for (int i = 0; i < futures.size(); i++) {
            assertThat(futures.get(i).get()).isEqualTo(i + 1L);
        }
        assertThat(told)
                .containsExactlyElementsOf(IntStream.range(0, 300).boxed().toList());
    }

    @Test
    void many_threads_on_many_contexts_leave_contiguous_offsets_and_tell_in_their_order() throws Exception {
        int threads = 8;
        int contexts = 5;
        var told = new HashMap<String, List<Long>>();
        for (int c = 0; c < contexts; c++) {
            told.put("c" + c, Collections.synchronizedList(new ArrayList<>()));
        }
        var futures = Collections.synchronizedList(new ArrayList<CompletableFuture<?>>());
        var start = new CountDownLatch(1);
        var all = new ArrayList<Thread>();
        for (int t = 0; t < threads; t++) {
            var random = new Random(t);
            all.add(Thread.startVirtualThread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                for (int i = 0; i < 100; i++) {
                    String contextId = "c" + random.nextInt(contexts);
                    Durability durability = random.nextBoolean() ? Durability.WRITTEN : Durability.FSYNCED;
                    futures.add(appendNoting(contextId, durability, 1 + random.nextInt(3), told.get(contextId)));
                }
            }));
        }
        start.countDown();
        for (Thread thread : all) {
            thread.join();
        }
        for (CompletableFuture<?> future : futures) {
            future.get();
        }
        for (Map.Entry<String, List<Long>> each : told.entrySet()) {
            List<Long> offsets = offsets(each.getKey());
            assertThat(offsets)
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, offsets.size())
                            .mapToObj(i -> (long) i)
                            .toList());
            assertThat(each.getValue()).isSorted().last().isEqualTo((long) offsets.size());
        }
    }

    private CompletableFuture<Long> appendNoting(String contextId, Durability durability, int count, List<Long> told) {
        return store.submit(contextId, durability, reader -> {
            Context before = reader.context(contextId);
            long last = before == null ? 0 : before.lastOffset();
            var events = IntStream.rangeClosed(1, count)
                    .mapToObj(i -> event(last + i, "t", Event.Kind.CHUNK, "x"))
                    .toList();
            Context after = context(contextId, OWNER, Context.Concurrency.PARALLEL, T0, last + count);
            return write(last + count, after, List.of(), events, () -> told.add(last + count));
        });
    }

    @Test
    void a_decision_that_throws_writes_nothing_and_harms_nobody() throws Exception {
        var thrown = List.of(new IllegalStateException("no"), new AssertionError("not this either"));
        for (Throwable t : thrown) {
            CompletableFuture<Boolean> failed = store.submit("c", Durability.FSYNCED, reader -> {
                if (t instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) t;
            });
            assertThatThrownBy(failed::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(t);
        }
        assertThat(store.<Boolean>read("c", reader -> reader.context("c") == null))
                .isTrue();
        assertThat(append("c", Durability.FSYNCED, 1, () -> {}).get()).isEqualTo(1);
    }

    @Test
    void what_follows_a_commit_may_throw_and_the_commit_stands() throws Exception {
        CompletableFuture<Long> first = append("c", Durability.FSYNCED, 1, () -> {
            throw new IllegalStateException("a careless listener");
        });
        assertThat(first.get()).isEqualTo(1);
        CompletableFuture<Long> second = append("c", Durability.WRITTEN, 1, () -> {
            throw new AssertionError("an even more careless one");
        });
        assertThat(second.get()).isEqualTo(2);
        assertThat(append("c", Durability.FSYNCED, 1, () -> {}).get()).isEqualTo(3);
        assertThat(offsets("c")).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_query_that_throws_gets_its_own_exception_and_harms_nobody() throws Exception {
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> store.<Boolean>read("c", reader -> {
                        throw new IllegalArgumentException("mine");
                    }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("mine");
            assertThatThrownBy(() -> store.<Boolean>read(null, reader -> {
                        throw new AssertionError("mine");
                    }))
                    .isInstanceOf(AssertionError.class);
        }
        assertThat(append("c", Durability.FSYNCED, 1, () -> {}).get()).isEqualTo(1);
        assertThat(offsets("c")).containsExactly(1L);
    }

    @Test
    void who_was_told_of_a_commit_reads_it() throws Exception {
        for (int i = 1; i <= 50; i++) {
            append("c", i % 2 == 0 ? Durability.WRITTEN : Durability.FSYNCED, 1, () -> {})
                    .get();
            assertThat(offsets("c")).hasSize(i);
        }
    }

    @Test
    void contexts_are_paged_newest_first_and_ties_in_time_lose_none() throws Exception {
        for (int i = 0; i < 20; i++) {
            make("c" + (char) ('a' + i), OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(i / 5));
        }
        make("other", "you", Context.Concurrency.SERIAL, T0);
        var seen = new ArrayList<Context>();
        String after = null;
        do {
            String from = after;
            Page<Context> page = store.read(null, reader -> reader.contexts(OWNER, 3, from));
            assertThat(page.total()).isEqualTo(20);
            seen.addAll(page.items());
            after = page.next();
        } while (after != null);
        assertThat(seen).extracting(Context::id).doesNotHaveDuplicates().hasSize(20);
        assertThat(seen).isSortedAccordingTo((a, b) -> b.updatedAt().compareTo(a.updatedAt()));
    }

    private void title(String contextId, Instant at, long pin, @Nullable String title) throws Exception {
        store.submit(contextId, Durability.FSYNCED, reader -> {
                    Context before = reader.context(contextId);
                    Context named = before != null
                            ? before.withTitle(title)
                            : new Context(contextId, OWNER, "a", title, Context.Concurrency.SERIAL, T0, at, 0)
                                    .with(Context.Shelf.NEW.withPin(pin), Context.Change.CREATED);
                    return write(true, named, List.of(), List.of(), () -> {});
                })
                .get();
    }

    /** As many pages as there are, each of so many; each must tell this total. */
    private List<String> found(String text, int size, int total) throws InterruptedException {
        var seen = new ArrayList<String>();
        String after = null;
        do {
            var query = new ContextQuery(OWNER, text, Map.of(), null, null, null, false, null, size, after);
            Page<Context> page = store.read(null, reader -> reader.contexts(query));
            assertThat(page.total()).isEqualTo(total);
            page.items().forEach(context -> seen.add(context.id()));
            after = page.next();
        } while (after != null);
        return seen;
    }

    @Test
    void what_is_found_by_words_is_paged_in_the_order_of_lists_whatever_the_size() throws Exception {
        for (int i = 0; i < 12; i++) {
            String id = "c" + (char) ('a' + i);
            title(id, T0.plusSeconds(i / 3), i < 3 ? 10 - i : Context.Shelf.UNPINNED, "The Höhle number " + i);
        }
        title("other", T0, Context.Shelf.UNPINNED, "a mill");
        for (int size : new int[] {1, 2, 3, 5, 12, 100}) {
            assertThat(found("hohl NUM", size, 12))
                    .containsExactly("cc", "cb", "ca", "cl", "ck", "cj", "ci", "ch", "cg", "cf", "ce", "cd");
        }
        assertThat(found("number hohle 1", 2, 3)).containsExactly("cb", "cl", "ck");
        assertThat(found("hohle mill", 5, 0)).isEmpty();
        var behindAll = new ContextQuery(
                OWNER, "hohle", Map.of(), null, null, null, false, null, 5, "~" + T0.minusSeconds(1) + "~x");
        assertThat(store.<Page<Context>>read(null, reader -> reader.contexts(behindAll)))
                .as("what comes behind the last still knows how many there are")
                .isEqualTo(new Page<>(List.of(), null, 12));
        title("cd", T0, Context.Shelf.UNPINNED, null);
        title("ce", T0, Context.Shelf.UNPINNED, "a mill");
        assertThat(found("hohle", 100, 10)).doesNotContain("cd", "ce");
        assertThat(found("mill", 1, 2)).containsExactlyInAnyOrder("ce", "other");
    }

    @Test
    void changes_are_numbered_without_a_gap_or_a_double_also_after_one_that_failed() throws Exception {
        title("a", T0, Context.Shelf.UNPINNED, "one");
        title("b", T0, Context.Shelf.UNPINNED, "two");
        CompletableFuture<Boolean> refused = store.submit("b", Durability.FSYNCED, reader -> {
            throw new IllegalStateException("no");
        });
        assertThatThrownBy(refused::get).hasRootCauseMessage("no");
        title("a", T0, Context.Shelf.UNPINNED, "three");
        assertThat(store.<List<Context>>read(null, reader -> reader.changes(OWNER, 0, 10)))
                .extracting(Context::id, Context::revision)
                .containsExactly(tuple("b", 2L), tuple("a", 3L));
        assertThat(store.<Long>read(null, reader -> reader.revision(OWNER))).isEqualTo(3);
    }

    @Test
    void tasks_are_paged_newest_status_first_under_every_filter() throws Exception {
        for (int i = 0; i < 6; i++) {
            make(
                    "c" + i,
                    OWNER,
                    Context.Concurrency.PARALLEL,
                    T0.plusSeconds(i / 2),
                    TaskState.COMPLETED,
                    TaskState.FAILED);
        }
        make("mine-not", "you", Context.Concurrency.PARALLEL, T0, TaskState.COMPLETED);
        var seen = new ArrayList<TaskRecord>();
        String after = null;
        do {
            var query = new TaskQuery(OWNER, null, null, null, null, 5, after);
            Page<TaskRecord> page = store.read(null, reader -> reader.tasks(query));
            assertThat(page.total()).isEqualTo(12);
            seen.addAll(page.items());
            after = page.next();
        } while (after != null);
        assertThat(seen).extracting(TaskRecord::id).doesNotHaveDuplicates().hasSize(12);
        assertThat(seen).isSortedAccordingTo((a, b) -> b.statusAt().compareTo(a.statusAt()));
        assertThat(ids(new TaskQuery(OWNER, null, "c3", TaskState.FAILED, null, 10, null)))
                .containsExactly("c3-2");
        assertThat(ids(new TaskQuery(OWNER, "nobody", null, null, null, 10, null)))
                .isEmpty();
        assertThat(ids(new TaskQuery(OWNER, null, null, null, T0.plusSeconds(2), 10, null)))
                .containsExactlyInAnyOrder("c4-1", "c4-2", "c5-1", "c5-2");
    }

    private List<String> ids(TaskQuery query) throws InterruptedException {
        return store.<List<String>>read(
                null,
                reader ->
                        reader.tasks(query).items().stream().map(TaskRecord::id).toList());
    }

    @Test
    void runnable_takes_the_owners_in_turn_and_the_first_in_line_of_a_serial_context_only() throws Exception {
        make("a1", "a", Context.Concurrency.SERIAL, T0, TaskState.SUBMITTED, TaskState.SUBMITTED);
        make("a2", "a", Context.Concurrency.SERIAL, T0.plusSeconds(1), TaskState.WORKING, TaskState.SUBMITTED);
        make("a3", "a", Context.Concurrency.SERIAL, T0.plusSeconds(2), TaskState.INPUT_REQUIRED, TaskState.SUBMITTED);
        make("a4", "a", Context.Concurrency.PARALLEL, T0.plusSeconds(3), TaskState.WORKING, TaskState.SUBMITTED);
        make("a5", "a", Context.Concurrency.SERIAL, T0.plusSeconds(4), TaskState.COMPLETED, TaskState.SUBMITTED);
        make("b1", "b", Context.Concurrency.PARALLEL, T0.plusSeconds(9), TaskState.SUBMITTED);
        List<String> all = runnable(100);
        assertThat(all).containsExactlyInAnyOrder("a1-1", "a4-2", "a5-2", "b1-1");
        assertThat(all.subList(0, 2)).as("each owner's oldest first").containsExactlyInAnyOrder("a1-1", "b1-1");
        assertThat(all.subList(2, 4)).containsExactly("a4-2", "a5-2");
        assertThat(runnable(2)).containsExactlyInAnyOrder("a1-1", "b1-1");
    }

    private List<String> runnable(int max) throws InterruptedException {
        return store.<List<String>>read(
                null,
                reader -> reader.runnable(max).stream().map(TaskRecord::id).toList());
    }

    @Test
    void open_tasks_are_those_that_have_not_ended_by_position() throws Exception {
        make("c", OWNER, Context.Concurrency.PARALLEL, T0, TaskState.values());
        List<TaskState> open = store.<List<TaskState>>read(
                "c",
                reader -> reader.openTasks("c").stream().map(TaskRecord::state).toList());
        assertThat(open)
                .containsExactly(
                        TaskState.SUBMITTED, TaskState.WORKING, TaskState.INPUT_REQUIRED, TaskState.AUTH_REQUIRED);
        assertThat(store.<Integer>read("c", reader -> reader.tasks("c").size())).isEqualTo(TaskState.values().length);
    }

    @Test
    void a_merge_replaces_the_tasks_chunks_and_keeps_every_other_event_at_its_offset() throws Exception {
        make("c", OWNER, Context.Concurrency.PARALLEL, T0, TaskState.COMPLETED, TaskState.WORKING);
        TaskRecord mine = store.read("c", reader -> reader.task("c-1"));
        store.submit(
                        "c",
                        Durability.FSYNCED,
                        reader -> write(
                                true,
                                context("c", OWNER, Context.Concurrency.PARALLEL, T0, 7),
                                List.of(),
                                List.of(
                                        event(3, "c-1", Event.Kind.CHUNK, "a"),
                                        event(4, "c-2", Event.Kind.CHUNK, "other"),
                                        event(5, "c-1", Event.Kind.STATUS, "s"),
                                        event(6, "c-1", Event.Kind.CHUNK, "b"),
                                        event(7, "c-2", Event.Kind.CHUNK, "other")),
                                () -> {}))
                .get();
        store.submit(
                        "c",
                        Durability.WRITTEN,
                        reader -> new Write<>(
                                true,
                                null,
                                List.of(mine.withMerged()),
                                List.of(),
                                List.of(),
                                new Write.Merge(mine, List.of(event(6, "c-1", Event.Kind.ARTIFACT, "ab"))),
                                () -> {},
                                () -> {}))
                .get();
        List<String> now = store.<List<String>>read(
                "c",
                reader -> reader.events("c", 2, 100).stream()
                        .map(e -> e.offset() + " " + e.event().kind() + " "
                                + new String(e.event().json(), java.nio.charset.StandardCharsets.UTF_8))
                        .toList());
        assertThat(now).containsExactly("4 CHUNK other", "5 STATUS s", "6 ARTIFACT ab", "7 CHUNK other");
        assertThat(store.<Boolean>read("c", reader -> reader.task("c-1").merged()))
                .isTrue();
        assertThat(store.<Integer>read("c", reader -> reader.eventsOf(mine).size()))
                .isEqualTo(3);
    }

    @Test
    void a_remembered_send_is_recalled_in_its_context_only() throws Exception {
        make("c", OWNER, Context.Concurrency.PARALLEL, T0, TaskState.SUBMITTED);
        var sent = new Sent("c", "c-1", 3, 0, TaskState.SUBMITTED, false);
        var keys = List.of(new SendKey("key:k", "print", sent), new SendKey("message:m", null, sent));
        store.submit(
                        "c",
                        Durability.FSYNCED,
                        reader -> new Write<>(true, null, List.of(), List.of(), keys, null, () -> {}, () -> {}))
                .get();
        SendKey known = store.read("c", reader -> reader.recall("c", "key:k"));
        assertThat(known.print()).isEqualTo("print");
        assertThat(known.answer().taskId()).isEqualTo("c-1");
        assertThat(known.answer().offset()).isEqualTo(3);
        assertThat(store.<Boolean>read("d", reader -> reader.recall("d", "key:k") == null))
                .isTrue();
        assertThat(store.<Boolean>read("c", reader -> reader.recall("c", "key:other") == null))
                .isTrue();
    }

    @Test
    void closing_waits_for_what_was_submitted_and_refuses_the_rest() throws Exception {
        var futures = new ArrayList<CompletableFuture<Long>>();
        for (int i = 0; i < 50; i++) {
            futures.add(append("c", Durability.FSYNCED, 1, () -> {}));
        }
        store.close();
        store.close();
        assertThat(futures).allSatisfy(f -> assertThat(f).isCompleted());
        CompletableFuture<Long> late = append("c", Durability.FSYNCED, 1, () -> {});
        assertThatThrownBy(late::get).hasCauseInstanceOf(StoreFailure.class);
        assertReadableOrRefused();
    }

    /** Memory can still be read; whatever else is closed says so. */
    private void assertReadableOrRefused() throws InterruptedException {
        try {
            assertThat(offsets("c")).isNotNull();
        } catch (StoreFailure e) {
            assertThat(e).hasMessageContaining("closed");
        }
    }

    @Test
    void a_submit_that_meets_the_close_is_written_or_refused_and_never_left_hanging() throws Exception {
        for (int round = 0; round < 20; round++) {
            var futures = Collections.synchronizedList(new ArrayList<CompletableFuture<Long>>());
            var talking = new CountDownLatch(1);
            Thread talker = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 300; i++) {
                    futures.add(append("c", Durability.WRITTEN, 1, () -> {}));
                    if (i == 20) {
                        talking.countDown();
                    }
                }
            });
            talking.await();
            store.close();
            talker.join();
            for (CompletableFuture<Long> each : futures) {
                each.exceptionally(e -> 0L).get(20, java.util.concurrent.TimeUnit.SECONDS);
            }
            store = open();
        }
    }

    static PushStore.Subscription subscription(String taskId, String id) {
        return new PushStore.Subscription(taskId, id, "c", OWNER, "{}", 1, 0, null, null, null, false);
    }

    PushStore pushes() {
        return Objects.requireNonNull(store.pushes());
    }

    @Test
    void a_subscription_is_kept_listed_moved_by_its_holder_alone_and_deleted() {
        var minute = java.time.Duration.ofMinutes(1);
        for (String id : List.of("b", "a", "c")) {
            pushes().put(subscription("t", id), "me", minute);
        }
        pushes().put(subscription("u", "a"), "me", minute);
        Page<PushStore.Subscription> first = pushes().of("t", 2, null);
        assertThat(first.items()).extracting(PushStore.Subscription::id).containsExactly("a", "b");
        assertThat(pushes().of("t", 2, first.next()).items())
                .extracting(PushStore.Subscription::id)
                .containsExactly("c");
        var failed = subscription("t", "a").failed("500", T0, T0.plusSeconds(1));
        assertThat(pushes().move(failed, "me")).isTrue();
        assertThat(pushes().tally()).isEqualTo(new PushStore.Tally(4, 1, 0));
        assertThat(pushes().get("t", "a")).isEqualTo(failed);
        assertThat(pushes().move(failed.told(7, true), "me")).isTrue();
        assertThat(pushes().tally()).isEqualTo(new PushStore.Tally(3, 0, 0));
        assertThat(pushes().get("t", "a")).isEqualTo(failed.told(7, true));
        assertThat(pushes().delete("t", "a")).isTrue();
        assertThat(pushes().delete("t", "a")).isFalse();
        assertThat(pushes().move(failed, "me")).isFalse();
        assertThat(pushes().claim("other", minute, 10)).isEmpty();
    }

    @Test
    void a_dead_letter_is_its_owners_until_it_is_exhumed() {
        var minute = java.time.Duration.ofMinutes(1);
        pushes().put(subscription("t", "a"), "me", minute);
        var letter = new PushStore.DeadLetter("d", OWNER, "t", "a", "{}", 3, new byte[] {1, 2}, 4, "500", T0);
        assertThat(pushes().bury(subscription("t", "a").gaveUp(3, false), "me", letter))
                .isTrue();
        assertThat(Objects.requireNonNull(pushes().get("t", "a")).delivered()).isEqualTo(3);
        assertThat(pushes().tally()).isEqualTo(new PushStore.Tally(1, 0, 1));
        assertThat(pushes().dead("you", 10, null).items()).isEmpty();
        assertThat(pushes().letter("you", "d")).isNull();
        PushStore.DeadLetter found = pushes().dead(OWNER, 10, null).items().getFirst();
        assertThat(found.json()).containsExactly(1, 2);
        assertThat(found.buriedAt()).isEqualTo(T0);
        pushes().exhume("d");
        assertThat(pushes().dead(OWNER, 10, null).items()).isEmpty();
    }

    @Test
    void the_size_of_a_list_is_right_after_every_change_and_a_page_follows_whatever_moved_meanwhile() throws Exception {
        for (int i = 0; i < 6; i++) {
            make(
                    "n" + i,
                    OWNER,
                    Context.Concurrency.PARALLEL,
                    T0.plusSeconds(i),
                    TaskState.WORKING,
                    TaskState.COMPLETED);
        }
        assertThat(total(null, null)).isEqualTo(12);
        assertThat(total(TaskState.WORKING, null)).isEqualTo(6);
        assertThat(total(null, T0.plusSeconds(3))).isEqualTo(6);
        var query = new TaskQuery(OWNER, "a", null, TaskState.WORKING, null, 2, null);
        Page<TaskRecord> first = store.read(null, reader -> reader.tasks(query));
        assertThat(first.items()).extracting(TaskRecord::contextId).containsExactly("n5", "n4");
        end("n4");
        var rest = new TaskQuery(OWNER, "a", null, TaskState.WORKING, null, 10, first.next());
        assertThat(store.<Page<TaskRecord>>read(null, reader -> reader.tasks(rest))
                        .items())
                .extracting(TaskRecord::contextId)
                .containsExactly("n3", "n2", "n1", "n0");
        assertThat(total(TaskState.WORKING, null)).isEqualTo(5);
        assertThat(total(TaskState.COMPLETED, null)).isEqualTo(7);
        assertThat(total(null, null)).isEqualTo(12);
    }

    private long total(TaskState state, Instant since) throws Exception {
        var query = new TaskQuery(OWNER, "a", null, state, since, 1, null);
        return store.<Long>read(null, reader -> reader.tasks(query).total());
    }

    private void end(String contextId) throws Exception {
        store.submit(contextId, Durability.FSYNCED, reader -> {
                    TaskRecord task = Objects.requireNonNull(reader.task(contextId + "-1"));
                    Context context = Objects.requireNonNull(reader.context(contextId));
                    return write(
                            true,
                            context,
                            List.of(task.withState(TaskState.COMPLETED, T0.plusSeconds(60))),
                            List.of(),
                            () -> {});
                })
                .get();
    }

    /** Five tasks: one cut in its midst, one gone, one that was answered, one that waits before it, one that only waits. */
    private void talk() throws Exception {
        var tasks = List.of(
                task("c-cut", "c", OWNER, TaskState.COMPLETED, T0, 1).endedAt(4).cut(3),
                task("c-gone", "c", OWNER, TaskState.CANCELED, T0, 5).endedAt(6).cut(5),
                task("c-answered", "c", OWNER, TaskState.WORKING, T0, 7).answering(9),
                task("c-first", "c", OWNER, TaskState.SUBMITTED, T0, 10).at(12),
                task("c-last", "c", OWNER, TaskState.SUBMITTED, T0, 12).at(13));
        var events = new ArrayList<Journal.Entry<Event>>();
        String[] of = {
            "c-cut",
            "c-cut",
            "c-cut",
            "c-cut",
            "c-gone",
            "c-gone",
            "c-answered",
            "c-answered",
            "c-answered",
            "c-first",
            "c-answered",
            "c-last"
        };
        for (int i = 0; i < of.length; i++) {
            events.add(event(i + 1, of[i], Event.Kind.TASK, "{}"));
        }
        var keys = tasks.stream()
                .map(task -> new SendKey(
                        SendKey.message("m-" + task.id()),
                        null,
                        new Sent("c", task.id(), task.position(), task.position() - 1, TaskState.SUBMITTED, true)))
                .toList();
        store.submit(
                        "c",
                        Durability.FSYNCED,
                        reader -> new Write<>(
                                true,
                                context("c", OWNER, Context.Concurrency.SERIAL, T0, of.length),
                                tasks,
                                events,
                                keys,
                                null,
                                () -> {},
                                () -> {}))
                .get();
    }

    private static String shape(TaskEvents task) {
        return task.task().id()
                + task.events().stream().map(Journal.Entry::offset).toList();
    }

    @Test
    void a_whole_conversation_is_its_tasks_in_order_with_what_they_show() throws Exception {
        talk();
        List<String> whole = store.<List<String>>read(
                "c",
                reader -> Objects.requireNonNull(reader.whole(OWNER, "c")).tasks().stream()
                        .map(StoreContract::shape)
                        .toList());
        assertThat(whole).containsExactly("c-cut[1, 2]", "c-answered[7, 8, 9, 11]", "c-first[10]", "c-last[12]");
        assertThat(store.<Boolean>read(
                        "c",
                        reader -> Objects.requireNonNull(reader.whole(OWNER, "c"))
                                .context()
                                .equals(reader.context("c"))))
                .isTrue();
        assertThat(store.<Boolean>read("c", reader -> reader.whole("somebody else", "c") == null))
                .isTrue();
        assertThat(store.<Boolean>read("nowhere", reader -> reader.whole(OWNER, "nowhere") == null))
                .isTrue();
    }

    @Test
    void the_last_that_was_worked_on_comes_with_what_it_shows_and_the_queue_is_passed_over() throws Exception {
        assertThat(store.<Boolean>read("c", reader -> reader.lastWorkedOn("c") == null))
                .isTrue();
        talk();
        assertThat(store.<String>read("c", reader -> shape(Objects.requireNonNull(reader.lastWorkedOn("c")))))
                .isEqualTo("c-answered[7, 8, 9, 11]");
    }

    @Test
    void from_a_message_on_events_come_with_the_first_task_alone_and_only_if_it_had_more_than_one() throws Exception {
        talk();
        assertThat(from("m-c-answered")).containsExactly("c-answered[7, 8, 9, 11]", "c-first[]", "c-last[]");
        assertThat(from("m-c-cut")).containsExactly("c-cut[]", "c-answered[]", "c-first[]", "c-last[]");
        assertThat(from("m-c-gone")).isEmpty();
        assertThat(from("m-nobody")).isEmpty();
    }

    private List<String> from(String messageId) throws InterruptedException {
        return store.<List<String>>read(
                "c",
                reader -> reader.conversationFrom("c", SendKey.message(messageId)).stream()
                        .map(StoreContract::shape)
                        .toList());
    }

    /** How many pages are cut while tasks move; more where that costs nothing. */
    protected int listings() {
        return 100;
    }

    /** In each context one of two tasks works and the other waits, and each move changes that and their times. */
    private void swap(String contextId, Instant at) throws Exception {
        store.submit(contextId, Durability.WRITTEN, reader -> {
                    List<TaskRecord> swapped = reader.openTasks(contextId).stream()
                            .map(task -> task.withState(
                                    task.state() == TaskState.WORKING ? TaskState.INPUT_REQUIRED : TaskState.WORKING,
                                    at))
                            .toList();
                    Context same = Objects.requireNonNull(reader.context(contextId));
                    return write(true, same, swapped, List.of(), () -> {});
                })
                .get();
    }

    private Page<TaskRecord> page(@Nullable TaskState state, @Nullable Instant since) throws InterruptedException {
        return store.<Page<TaskRecord>>read(
                null, reader -> reader.tasks(new TaskQuery(OWNER, null, null, state, since, 100, null)));
    }

    @Test
    void a_page_of_tasks_is_as_of_one_moment_however_they_move_meanwhile() throws Exception {
        int contexts = 20;
        for (int i = 0; i < contexts; i++) {
            make("c" + i, OWNER, Context.Concurrency.PARALLEL, T0, TaskState.WORKING, TaskState.INPUT_REQUIRED);
        }
        var listed = new AtomicBoolean();
        var moving = new CountDownLatch(2);
        var movers = new ArrayList<CompletableFuture<Long>>();
        for (int mover = 0; mover < 2; mover++) {
            int first = mover;
            movers.add(CompletableFuture.supplyAsync(
                    () -> {
                        long moves = 0;
                        try {
                            while (!listed.get()) {
                                moves++;
                                swap("c" + (2 * (moves % 10) + first), T0.plusMillis(moves));
                                if (moves == 1) {
                                    moving.countDown();
                                }
                            }
                        } catch (Exception e) {
                            throw new AssertionError(e);
                        }
                        return moves;
                    },
                    // A virtual one that never waits would leave no carrier to the other where there is one processor.
                    task -> Thread.ofPlatform().daemon().start(task)));
        }
        try {
            moving.await();
            for (int i = 0; i < listings(); i++) {
                Page<TaskRecord> all = i % 2 == 0 ? page(null, null) : page(null, T0);
                assertThat(all.total()).isEqualTo(2 * contexts);
                assertThat(all.items().stream().map(TaskRecord::id))
                        .hasSize(2 * contexts)
                        .doesNotHaveDuplicates();
                Page<TaskRecord> working = page(TaskState.WORKING, null);
                assertThat(working.total()).isEqualTo(contexts);
                assertThat(working.items().stream().map(TaskRecord::contextId))
                        .hasSize(contexts)
                        .doesNotHaveDuplicates();
            }
        } finally {
            listed.set(true);
        }
        for (CompletableFuture<Long> mover : movers) {
            assertThat(mover.get()).isPositive(); // and none of them failed
        }
    }
}
