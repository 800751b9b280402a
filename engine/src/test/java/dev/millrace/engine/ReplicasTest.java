package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.postgres.CuttingProxy;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;

/** Several engines on one PostgreSQL, as several processes would be. */
@Timeout(60)
class ReplicasTest {
    private static final String ME = "me";
    private static final Duration NEVER = Duration.ofHours(1);

    private final PostgresServer server = PostgresServer.get();
    private final String schema = server.newSchema();
    private final List<AutoCloseable> open = new ArrayList<>();

    /** The gated agent has said its first word. */
    private final Semaphore reached = new Semaphore(0);

    private final Semaphore go = new Semaphore(0);

    @AfterEach
    void close() throws Exception {
        go.release(1_000);
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private EngineSettings settings(Duration lease, Duration lookAgain) {
        return EngineSettings.defaults().withLease(lease).withLookAgain(lookAgain);
    }

    private Engine start(Agent agent, EngineSettings settings, PostgresSettings store) throws InterruptedException {
        var engine = new Engine(PostgresStore.open(store), AgentCatalog.of("test", agent), settings);
        open.add(engine);
        engine.start();
        return engine;
    }

    private Engine start(Agent agent, EngineSettings settings) throws InterruptedException {
        return start(agent, settings, store(true));
    }

    private PostgresSettings store(boolean hints) {
        return PostgresSettings.of(PostgresAddress.parse(server.url(schema))).withHints(hints);
    }

    private void gated(Turn turn) throws InterruptedException {
        turn.say("first ");
        turn.flush();
        reached.release();
        go.acquire();
        turn.say("second");
    }

    private static Sent chat(Engine engine, String text) {
        return engine.send(Send.chat(ME, null, Message.user(engine.newId(), text), null));
    }

    private static Sent next(Engine engine, Sent chat, String text) {
        return engine.send(Send.next(ME, Message.user(engine.newId(), text).in(chat.contextId(), null)));
    }

    @Test
    void each_replica_knows_which_are_alive_and_what_they_hold() throws Exception {
        Engine one = start(this::gated, settings(Duration.ofSeconds(15), Duration.ofSeconds(5)));
        Engine two = start(this::gated, settings(Duration.ofSeconds(15), Duration.ofSeconds(5)));
        chat(one, "x");
        reached.acquire();
        assertThat(two.replicas())
                .extracting(Replica::here, Replica::running)
                .containsExactlyInAnyOrder(tuple(true, 0L), tuple(false, 1L));
        assertThat(one.replicas())
                .extracting(Replica::here, Replica::running)
                .containsExactlyInAnyOrder(tuple(true, 1L), tuple(false, 0L));
        assertThat(one.replicas())
                .allSatisfy(
                        each -> assertThat(each.left()).isNotNull().isBetween(Duration.ZERO, Duration.ofSeconds(15)));
        go.release();
    }

    @Test
    void tools_that_one_replica_asked_for_are_answered_at_another() throws Exception {
        Agent agent = turn -> {
            List<ToolResult> results = ToolResult.in(turn.message());
            if (results.isEmpty()) {
                turn.ask("", List.of(new ToolCall("1", "now", JsonNodeFactory.instance.objectNode())));
            } else {
                turn.say("at " + results.getFirst().result());
            }
        };
        Engine one = start(agent, settings(Duration.ofSeconds(15), Duration.ofSeconds(5)));
        Engine two = start(agent, settings(Duration.ofSeconds(15), Duration.ofSeconds(5)));
        Sent asked = chat(one, "when?");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !two.standing(ME, asked.contextId())
                        .orElseThrow()
                        .calls()
                        .isEmpty());
        List<ToolResult> results = List.of(ToolResult.of("1", JsonNodeFactory.instance.numberNode(12)));
        two.chats().answerTools(ME, asked.contextId(), null, results, RequestKey.NONE);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> one.task(ME, asked.taskId()).task().status().state() == TaskState.COMPLETED);
        assertThat(one.task(ME, asked.taskId()).task().artifacts())
                .extracting(Artifact::text)
                .containsExactly("at 12");
    }

    @Test
    void an_answer_that_is_repeated_at_a_replica_that_knows_nothing_of_it_is_not_refused() throws Exception {
        Agent agent = turn -> {
            if (turn.message().text().equals("yes")) {
                gated(turn);
            } else {
                turn.ask("go on?");
            }
        };
        Engine one = start(agent, settings(NEVER, NEVER));
        Sent asked = chat(one, "do it");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> one.task(ME, asked.taskId()).task().status().state() == TaskState.INPUT_REQUIRED);
        Send yes = Send.next(ME, Message.user("answer", "yes").in(asked.contextId(), asked.taskId()));
        Sent answered = one.send(yes);
        reached.acquire(); // the task is WORKING: it waits for no answer any more
        Engine two = start(agent, settings(NEVER, NEVER));
        Sent again = two.send(yes);
        assertThat(again.taskId()).isEqualTo(asked.taskId());
        assertThat(again.offset()).isEqualTo(answered.offset());
        assertThat(again.repeated()).isTrue();
    }

    @Test
    void who_watches_the_list_on_one_replica_sees_at_once_what_another_changes() throws Exception {
        Engine a = start(WithEngine::echo, settings(NEVER, NEVER));
        Engine b = start(WithEngine::echo, settings(NEVER, NEVER));
        try (Cursor<java.util.Optional<Standing>> list = b.chats().watch(ME, 0)) {
            Sent sent = chat(a, "hello");
            var names = new java.util.concurrent.atomic.AtomicInteger();
            // Until they have heard of each other.
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                rename(a, sent, "name " + names.incrementAndGet());
                return !list.poll(32).isEmpty();
            });
            rename(a, sent, "the last name");
            long before = 0;
            for (String title = ""; !title.equals("the last name"); ) {
                for (Journal.Entry<java.util.Optional<Standing>> entry : list.take(32)) {
                    assertThat(entry.offset()).isGreaterThan(before);
                    before = entry.offset();
                    title = entry.event()
                            .map(standing -> String.valueOf(standing.context().title()))
                            .orElse(title);
                }
            }
        }
    }

    private static void rename(Engine engine, Sent chat, String title) {
        engine.chats().arrange(ME, chat.contextId(), new Arrangement(title, null, null, null, null));
    }

    private static List<Journal.Entry<Event>> readToEnd(Engine engine, Sent sent, long after)
            throws InterruptedException {
        var seen = new ArrayList<Journal.Entry<Event>>();
        try (Cursor<Event> cursor = engine.read(sent.contextId(), after)) {
            while (!cursor.ended()) {
                for (Journal.Entry<Event> entry : cursor.take(32)) {
                    seen.add(entry);
                    TaskState state = entry.event().state();
                    if (sent.taskId().equals(entry.event().taskId()) && state != null && state.terminal()) {
                        return seen;
                    }
                }
            }
        }
        throw new AssertionError("the journal ended before the task did");
    }

    private static void assertOnceAndInOrder(List<Journal.Entry<Event>> seen) {
        assertThat(seen.stream().map(Journal.Entry::offset).toList()).isSorted().doesNotHaveDuplicates();
    }

    private static Task task(Engine engine, Sent sent) {
        return engine.task(ME, sent.taskId()).task();
    }

    private static void awaitState(Engine engine, Sent sent, TaskState state) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> task(engine, sent).status().state() == state);
    }

    /** It may leave tasks that it could not hand over: its disk was full, say. */
    @Test
    void who_gives_its_lease_back_tells_the_others_to_look_again() throws Exception {
        var looks = new Semaphore(0);
        PostgresStore stays = PostgresStore.open(store(true));
        open.add(stays);
        stays.replicas().listen(new Replicas.Listener() {
            @Override
            public void changed(String contextId, long lastOffset) {}

            @Override
            public void runnable() {}

            @Override
            public void listChanged(String owner) {}

            @Override
            public void lookAgain() {
                looks.release();
            }
        });
        assertThat(looks.tryAcquire(30, TimeUnit.SECONDS)).as("it listens").isTrue();
        PostgresStore leaves = PostgresStore.open(store(true));
        open.add(leaves);
        leaves.replicas().join("leaves", NEVER);
        assertThat(looks.tryAcquire(30, TimeUnit.SECONDS)).as("another came").isTrue();

        leaves.replicas().leave("leaves");

        assertThat(looks.tryAcquire(30, TimeUnit.SECONDS)).as("it has gone").isTrue();
    }

    private static CompletableFuture<List<Journal.Entry<Event>>> reading(Engine engine, Sent sent, long after) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return readToEnd(engine, sent, after);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                Thread::startVirtualThread);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reader_of_another_replica_sees_everything_once_and_in_order(boolean hints) throws Exception {
        String text = IntStream.range(0, 400).mapToObj(Integer::toString).collect(Collectors.joining(" "));
        Duration lookAgain = hints ? NEVER : Duration.ofMillis(50);
        Engine a = start(WithEngine::echo, settings(NEVER, lookAgain), store(hints));
        Engine b = start(turn -> {}, settings(NEVER, lookAgain), store(hints));
        for (int round = 0; round < 5; round++) {
            Sent sent = chat(a, text);
            var readers = new ArrayList<CompletableFuture<List<Journal.Entry<Event>>>>();
            for (int i = 0; i < 4; i++) {
                readers.add(reading(i == 3 ? a : b, sent, 0));
            }
            for (CompletableFuture<List<Journal.Entry<Event>>> each : readers) {
                List<Journal.Entry<Event>> seen = each.get(30, TimeUnit.SECONDS);
                assertOnceAndInOrder(seen);
                assertThat(WithEngine.answer(WithEngine.fold(seen, sent.taskId())))
                        .isEqualTo(text);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_cancel_on_one_replica_stops_the_turn_on_another(boolean hints) throws Exception {
        Duration lookAgain = hints ? NEVER : Duration.ofMillis(50);
        var stopped = new CountDownLatch(1);
        Engine a = start(
                turn -> {
                    turn.onCancel(stopped::countDown);
                    gated(turn);
                },
                settings(NEVER, lookAgain),
                store(hints));
        Engine b = start(turn -> {}, settings(NEVER, lookAgain), store(hints));
        Sent sent = chat(a, "hi");
        reached.acquire();
        CompletableFuture<List<Journal.Entry<Event>>> reader = reading(a, sent, 0);
        assertThat(b.cancel(ME, sent.taskId()).task().status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
        List<Journal.Entry<Event>> seen = reader.get(30, TimeUnit.SECONDS);
        assertOnceAndInOrder(seen);
        assertThat(seen.getLast().event().state()).isEqualTo(TaskState.CANCELED);
        await().atMost(Duration.ofSeconds(30)).until(() -> a.runningTurns() == 0);
        assertThat(WithEngine.answer(task(b, sent))).isEqualTo("first ");
    }

    @Test
    void a_message_sent_to_one_replica_waits_for_the_task_that_runs_on_another() throws Exception {
        Engine a = start(this::gated, settings(NEVER, NEVER));
        Engine b = start(this::gated, settings(NEVER, NEVER));
        Sent first = chat(a, "one");
        reached.acquire();
        Sent second = next(b, first, "two");
        assertThat(second.state()).isEqualTo(TaskState.SUBMITTED);
        assertThat(b.runningTurns()).isZero();
        CompletableFuture<List<Journal.Entry<Event>>> reader = reading(b, second, 0);
        go.release(2);
        List<Journal.Entry<Event>> seen = reader.get(30, TimeUnit.SECONDS);
        assertOnceAndInOrder(seen);
        assertThat(WithEngine.answer(WithEngine.fold(seen, first.taskId()))).isEqualTo("first second");
        assertThat(WithEngine.answer(WithEngine.fold(seen, second.taskId()))).isEqualTo("first second");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void what_has_no_place_here_is_run_elsewhere(boolean hints) throws Exception {
        Duration lookAgain = hints ? NEVER : Duration.ofMillis(50);
        Engine a = start(this::gated, settings(NEVER, lookAgain).withMaxTurns(1), store(hints));
        Engine b = start(WithEngine::echo, settings(NEVER, lookAgain), store(hints));
        chat(a, "holds the place");
        reached.acquire();
        Sent sent = chat(a, "runs there");
        List<Journal.Entry<Event>> seen = readToEnd(a, sent, 0);
        assertOnceAndInOrder(seen);
        assertThat(WithEngine.answer(task(b, sent))).isEqualTo("runs there");
    }

    @Test
    void a_replica_that_is_drained_hands_its_tasks_over_at_once() throws Exception {
        Engine a = start(this::gated, settings(NEVER, NEVER));
        Engine b = start(WithEngine::echo, settings(NEVER, NEVER));
        Sent sent = chat(a, "hi there");
        reached.acquire();
        CompletableFuture<List<Journal.Entry<Event>>> reader = reading(b, sent, 0);
        a.stop(Duration.ZERO);
        List<Journal.Entry<Event>> seen = reader.get(30, TimeUnit.SECONDS);
        assertOnceAndInOrder(seen);
        assertThat(WithEngine.answer(task(b, sent))).isEqualTo("hi there");
    }

    @Test
    void what_a_dead_replica_left_is_taken_up_when_its_lease_has_run_out_and_it_writes_nothing_more() throws Exception {
        var proxy = new CuttingProxy(server.databasePort());
        open.add(proxy);
        PostgresAddress through =
                PostgresAddress.parse("postgresql://millrace@127.0.0.1:" + proxy.port() + "/postgres?schema=" + schema);
        Duration lease = Duration.ofSeconds(2);
        Engine a = start(
                this::gated,
                settings(lease, NEVER),
                PostgresSettings.of(through).withPatience(Duration.ofMillis(300)));
        var recovered = new CountDownLatch(1);
        Engine b = start(WithEngine::echo, settings(lease, NEVER).withObserver(new Observer() {
            @Override
            public void recovered(String taskId, int attempt) {
                recovered.countDown();
            }
        }));
        Sent sent = chat(a, "hi there");
        reached.acquire();
        CompletableFuture<List<Journal.Entry<Event>>> reader = reading(b, sent, 0);
        proxy.cut();
        assertThat(recovered.await(30, TimeUnit.SECONDS)).isTrue();
        List<Journal.Entry<Event>> seen = reader.get(30, TimeUnit.SECONDS);
        assertOnceAndInOrder(seen);
        assertThat(WithEngine.answer(WithEngine.fold(seen, sent.taskId()))).isEqualTo("hi there");
        await().atMost(Duration.ofSeconds(30)).until(() -> a.runningTurns() == 0); // it gave up by itself
        proxy.mend();
        go.release(10);
        // It goes on as a new one.
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            Sent again = chat(a, "again");
            awaitState(a, again, TaskState.COMPLETED);
            return true;
        });
        assertThat(WithEngine.answer(task(a, sent))).isEqualTo("hi there");
        assertThat(task(a, sent).status().state()).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void what_was_there_for_an_answer_of_a_dead_replica_alone_is_taken_away_by_those_that_live() throws Exception {
        var proxy = new CuttingProxy(server.databasePort());
        open.add(proxy);
        PostgresAddress through =
                PostgresAddress.parse("postgresql://millrace@127.0.0.1:" + proxy.port() + "/postgres?schema=" + schema);
        Duration lease = Duration.ofSeconds(2);
        Engine a = start(
                turn -> {
                    if (turn.message().text().equals("hold")) {
                        gated(turn);
                    }
                    if (turn.message().text().equals("ask")) {
                        turn.ask("and then?");
                    }
                },
                settings(lease, NEVER).withMaxTurns(1),
                PostgresSettings.of(through).withPatience(Duration.ofMillis(300)));
        Engine b = start(this::gated, settings(lease, NEVER));
        Sent ended = unkept(a, "end");
        awaitState(a, ended, TaskState.COMPLETED);
        Sent asking = unkept(a, "ask");
        awaitState(a, asking, TaskState.INPUT_REQUIRED);
        chat(a, "hold");
        reached.acquire();
        Sent atTheOther = unkept(a, "there is no place for it here");
        reached.acquire();
        proxy.cut();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> b.context(ME, ended.contextId()).isEmpty()
                        && b.context(ME, asking.contextId()).isEmpty()
                        && b.context(ME, atTheOther.contextId()).isEmpty());
        proxy.mend();
    }

    private static Sent unkept(Engine engine, String text) {
        return engine.send(
                Send.chat(ME, null, Message.user(engine.newId(), text), null).unacknowledged());
    }

    @Test
    void a_lease_that_has_run_out_is_never_revived() throws Exception {
        Duration lease = Duration.ofSeconds(1);
        var lost = new CountDownLatch(1);
        var attempts = new Semaphore(0);
        Engine a = start(
                turn -> {
                    attempts.release();
                    if (turn.attempt() == 1) {
                        turn.onCancel(lost::countDown);
                        gated(turn);
                    } else {
                        turn.say("whole");
                    }
                },
                settings(lease, NEVER));
        Sent sent = chat(a, "hi");
        reached.acquire();
        // As after a freeze: by the server's clock it is over, by the process's own it is not.
        server.execute("UPDATE " + schema + ".replicas SET expires_at = now() - interval '1 second'");
        assertThat(lost.await(30, TimeUnit.SECONDS)).isTrue();
        awaitState(a, sent, TaskState.COMPLETED);
        assertThat(WithEngine.answer(task(a, sent))).isEqualTo("whole");
        assertThat(attempts.availablePermits()).isEqualTo(2);
    }

    @Test
    void connections_that_are_cut_under_load_lose_nothing_that_was_acknowledged_or_seen() throws Exception {
        PostgresSettings cut = PostgresSettings.of(PostgresAddress.parse(server.url(schema) + "&ApplicationName=cut2"));
        Engine a = start(WithEngine::echo, settings(Duration.ofSeconds(5), Duration.ofMillis(200)), cut);
        Engine b = start(WithEngine::echo, settings(Duration.ofSeconds(5), Duration.ofMillis(200)), cut);
        String text = IntStream.range(0, 60).mapToObj(Integer::toString).collect(Collectors.joining(" "));
        var readers = new ArrayList<CompletableFuture<List<Journal.Entry<Event>>>>();
        var sents = new ArrayList<Sent>();
        for (int i = 0; i < 40; i++) {
            Sent sent = i % 4 == 3 ? next(b, sents.getLast(), text) : chat(i % 2 == 0 ? a : b, text);
            sents.add(sent);
            readers.add(reading(i % 3 == 0 ? a : b, sent, 0));
            if (i % 5 == 4) {
                server.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut2'");
            }
        }
        for (int i = 0; i < sents.size(); i++) {
            List<Journal.Entry<Event>> seen = readers.get(i).get(40, TimeUnit.SECONDS);
            assertOnceAndInOrder(seen);
            assertThat(WithEngine.answer(WithEngine.fold(seen, sents.get(i).taskId())))
                    .isEqualTo(text);
        }
    }

    @Test
    void an_end_that_could_not_be_stored_before_the_lease_ran_out_is_left_to_whoever_takes_the_task_up()
            throws Exception {
        var proxy = new CuttingProxy(server.databasePort());
        open.add(proxy);
        var turns = new LinkedBlockingQueue<Turn>();
        String url = server.url(schema).replace(":" + server.databasePort(), ":" + proxy.port());
        Engine engine = start(
                turn -> {
                    turns.add(turn);
                    gated(turn);
                },
                settings(Duration.ofSeconds(1), NEVER),
                PostgresSettings.of(PostgresAddress.parse(url)));
        Sent sent = chat(engine, "go on");
        reached.acquire();
        proxy.cut();
        go.release(2); // one for this turn, which returns now, and one for the next
        Turn first = turns.take();
        await().atMost(Duration.ofSeconds(30)).until(first::cancelled);
        proxy.mend();
        awaitState(engine, sent, TaskState.COMPLETED);
        assertThat(WithEngine.answer(task(engine, sent))).isEqualTo("first second");
        assertThat(turns.take().attempt()).isEqualTo(2);
    }

    @Test
    void a_turn_whose_words_could_not_reach_the_store_for_a_while_begins_anew() throws Exception {
        var proxy = new CuttingProxy(server.databasePort());
        open.add(proxy);
        var failed = new CountDownLatch(1);
        String url = server.url(schema).replace(":" + server.databasePort(), ":" + proxy.port());
        Engine engine = start(
                turn -> {
                    gated(turn);
                    try {
                        turn.flush();
                    } catch (IllegalStateException e) {
                        failed.countDown();
                        throw e;
                    }
                },
                settings(NEVER, NEVER),
                PostgresSettings.of(PostgresAddress.parse(url)).withPatience(Duration.ofMillis(100)));
        Sent sent = chat(engine, "go on");
        reached.acquire();
        proxy.cut();
        go.release(2);
        assertThat(failed.await(30, TimeUnit.SECONDS)).isTrue();
        proxy.mend();
        awaitState(engine, sent, TaskState.COMPLETED);
        assertThat(WithEngine.answer(task(engine, sent))).isEqualTo("first second");
    }

    @Test
    void an_owner_with_a_thousand_chats_delays_another_owners_one_by_a_few_hand_offs_only() throws Exception {
        var started = new LinkedBlockingQueue<String>();
        Agent agent = turn -> {
            started.add(turn.owner());
            go.acquire();
        };
        Engine a = start(agent, settings(NEVER, NEVER).withMaxTurns(2));
        Engine b = start(agent, settings(NEVER, NEVER).withMaxTurns(2));
        try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 1_000; i++) {
                Engine engine = i % 2 == 0 ? a : b;
                Message message = Message.user(engine.newId(), "x");
                senders.execute(() -> engine.send(Send.chat("busy", null, message, null)));
            }
        }
        for (int place = 0; place < 4; place++) {
            assertThat(started.poll(30, TimeUnit.SECONDS)).isEqualTo("busy");
        }

        chat(a, "x");
        int handOffs = 0;
        for (String owner = ""; !owner.equals(ME); handOffs++) {
            go.release();
            owner = started.poll(30, TimeUnit.SECONDS);
        }

        assertThat(handOffs).isLessThanOrEqualTo(6);
    }
}
