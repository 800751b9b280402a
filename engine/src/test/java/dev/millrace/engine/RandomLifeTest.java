package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random lives of an engine, with stops and crashes, against a model that knows no more than what was acknowledged and
 * what was seen. A seed fixes the commands; how they fall together with the agents differs from run to run.
 */
@Timeout(60)
class RandomLifeTest {
    private static final List<String> OWNERS = List.of("ann", "ben");
    private static final int COMMANDS = 70;

    /** What was acknowledged of a task. */
    private static final class Known {
        final String owner;
        final Sent sent;
        final Message message;
        final boolean serial;
        boolean cancelled;
        boolean mayBeCancelled;

        Known(String owner, Sent sent, Message message, boolean serial) {
            this.owner = owner;
            this.sent = sent;
            this.message = message;
            this.serial = serial;
        }

        String verb() {
            return message.text().split(" ", -1)[0];
        }
    }

    @TempDir
    Path temp;

    private final Map<String, Known> known = new LinkedHashMap<>();
    private final Map<String, Boolean> contexts = new LinkedHashMap<>();
    private final Map<String, Task> seenEnded = new HashMap<>();
    private final List<Follower> followers = new ArrayList<>();
    private final CountDownLatch holding = new CountDownLatch(1);
    private Stores kind;
    private PostgresServer server;
    private PostgresAddress address;
    private Random random;
    private Path folder;
    private Store store;
    private Engine engine;
    private int messages;
    private int lives;

    private void live() throws InterruptedException {
        store = open();
        engine = new Engine(
                store,
                AgentCatalog.of("scripted", this::act),
                EngineSettings.defaults()
                        .withMaxTurns(3)
                        .withMaxAttempts(1_000)
                        .withTailBytes(4_096)
                        .withLease(Duration.ofSeconds(1)));
        engine.start();
        lives++;
        for (Follower follower : followers) {
            assertThat(follower.at())
                    .as("what was seen of %s is still there", follower.contextId)
                    .isLessThanOrEqualTo(engine.context(follower.owner, follower.contextId)
                            .orElseThrow()
                            .lastOffset());
            follower.follow(engine);
        }
        check();
    }

    @AfterEach
    void die() {
        followers.forEach(Follower::expectTheEnd);
        holding.countDown();
        if (engine != null) {
            engine.close();
        }
    }

    /** The message says what to do and fixes every word of the answer. */
    private void act(Turn turn) throws Exception {
        String text = turn.message().text();
        switch (text.split(" ", -1)[0]) {
            case "ask" -> {
                turn.artifact("notes").say("let me ");
                turn.artifact("notes").say("ask");
                turn.ask("which?");
            }
            case "fail" -> {
                turn.say("oh");
                throw new IllegalStateException("asked to fail");
            }
            case "hold" -> {
                sayAll(turn, text);
                holding.await();
            }
            default -> sayAll(turn, text);
        }
    }

    private static void sayAll(Turn turn, String text) throws InterruptedException {
        turn.emit(dev.millrace.protocol.Artifact.text("whole", "about " + text));
        for (int i = 0; i < words(text); i++) {
            turn.say(word(text, i));
            if (i % 3 == 2) {
                turn.flush(); // so that an answer takes several commits
            }
        }
    }

    private static int words(String text) {
        return Integer.parseInt(text.split(" ", -1)[1]);
    }

    private static String word(String text, int i) {
        return text.replace(' ', '-') + ":" + i + " ";
    }

    private static String whole(String text) {
        return IntStream.range(0, words(text)).mapToObj(i -> word(text, i)).collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource({
        "SQLITE, 1",
        "SQLITE, 2",
        "SQLITE, 3",
        "SQLITE, 4",
        "SQLITE, 5",
        "POSTGRES, 1",
        "POSTGRES, 2",
        "POSTGRES, 3"
    })
    void nothing_acknowledged_or_seen_is_lost_and_order_holds(Stores where, long seed) throws Exception {
        kind = where;
        if (kind == Stores.POSTGRES) {
            server = PostgresServer.get();
            address = server.schema("&ApplicationName=life");
        }
        random = new Random(seed);
        folder = temp.resolve("data-0");
        live();
        for (int i = 0; i < COMMANDS; i++) {
            command();
        }
        finish();
        check();
        judge();
    }

    private void command() throws Exception {
        int dice = random.nextInt(100);
        if (dice < 18 || known.isEmpty()) {
            newContext();
        } else if (dice < 48) {
            send(pick().sent.contextId());
        } else if (dice < 56) {
            answer(pick());
        } else if (dice < 64) {
            cancel(pick());
        } else if (dice < 68) {
            interrupt(pick());
        } else if (dice < 74) {
            again(pick());
        } else if (dice < 82) {
            look(pick());
        } else if (dice < 93) {
            addFollower(pick());
        } else {
            dieAndLive();
        }
    }

    private Known pick() {
        List<Known> all = List.copyOf(known.values());
        int recent = Math.min(all.size(), 12);
        return all.get(all.size() - 1 - random.nextInt(random.nextInt(3) == 0 ? all.size() : recent));
    }

    private Store open() {
        return switch (kind) {
            case SQLITE -> SqliteStore.open(folder);
            case POSTGRES -> PostgresStore.open(PostgresSettings.of(address));
            case MEMORY -> throw new IllegalArgumentException("memory does not survive");
        };
    }

    private String script() {
        int words = random.nextInt(15);
        String verb = List.of("say", "say", "say", "say", "say", "ask", "ask", "fail", "hold")
                .get(random.nextInt(9));
        return verb + " " + words + " " + messages++;
    }

    private void newContext() {
        String owner = OWNERS.get(random.nextInt(2));
        boolean serial = random.nextInt(3) > 0;
        var message = Message.user(engine.newId(), script());
        Sent sent = engine.send(serial ? Send.chat(owner, null, message, null) : Send.task(owner, null, message));
        contexts.put(sent.contextId(), serial);
        known.put(sent.taskId(), new Known(owner, sent, message, serial));
    }

    private void send(String contextId) {
        String owner = ownerOf(contextId);
        boolean serial = contexts.get(contextId);
        var message = Message.user(engine.newId(), script()).in(contextId, null);
        try {
            Sent sent = engine.send(serial ? Send.next(owner, message) : Send.task(owner, null, message));
            known.put(sent.taskId(), new Known(owner, sent, message, serial));
        } catch (Refused e) {
            assertThat(e.reason()).isEqualTo(Refused.Reason.QUEUE_FULL);
        }
    }

    private String ownerOf(String contextId) {
        return known.values().stream()
                .filter(k -> k.sent.contextId().equals(contextId))
                .findFirst()
                .orElseThrow()
                .owner;
    }

    private void answer(Known task) {
        var message = Message.user(engine.newId(), "say 4 " + messages++).in(task.sent.contextId(), task.sent.taskId());
        try {
            engine.send(Send.next(task.owner, message));
            assertThat(task.verb()).as("only who asked takes an answer").isEqualTo("ask");
        } catch (Refused e) {
            assertThat(e.reason()).isEqualTo(Refused.Reason.NOT_NOW);
        }
    }

    private void cancel(Known task) {
        try {
            assertThat(engine.cancel(task.owner, task.sent.taskId())
                            .task()
                            .status()
                            .state())
                    .isEqualTo(TaskState.CANCELED);
            task.cancelled = true;
        } catch (Refused e) {
            assertThat(e.reason()).isEqualTo(Refused.Reason.NOT_CANCELABLE);
            look(task);
            assertThat(seenEnded).containsKey(task.sent.taskId());
        }
    }

    private void interrupt(Known task) {
        known.values().stream()
                .filter(k -> k.sent.contextId().equals(task.sent.contextId()))
                .forEach(k -> k.mayBeCancelled = true);
        engine.interrupt(task.owner, task.sent.contextId());
    }

    /** A client that did not hear the answer sends the same once more. */
    private void again(Known task) {
        Sent again = engine.send(
                task.serial && task.message.contextId() != null
                        ? Send.next(task.owner, task.message)
                        : Send.task(task.owner, null, task.message.in(task.sent.contextId(), null)));
        assertThat(again.repeated()).isTrue();
        assertThat(again.taskId()).isEqualTo(task.sent.taskId());
    }

    /** What was seen to have ended stays as it was. */
    private void look(Known task) {
        Task now = engine.task(task.owner, task.sent.taskId()).task();
        Task before = seenEnded.get(task.sent.taskId());
        if (before != null) {
            assertThat(now).isEqualTo(before);
        } else if (now.status().state().terminal()) {
            seenEnded.put(task.sent.taskId(), now);
        }
    }

    private void addFollower(Known task) {
        int appetite = random.nextBoolean() ? 1 : 32;
        Follower follower = random.nextBoolean()
                ? new Follower(task.owner, task.sent.contextId(), appetite)
                : new Follower(task.owner, engine.task(task.owner, task.sent.taskId()), appetite);
        followers.add(follower);
        follower.follow(engine);
    }

    private void dieAndLive() throws Exception {
        switch (random.nextInt(3)) {
            case 0 -> {
                followers.forEach(Follower::expectTheEnd);
                engine.stop(Duration.ZERO);
            }
            case 1 -> {
                followers.forEach(Follower::expectTheEnd);
                store.close(); // under the running engine
                engine.close();
            }
            default -> {
                if (kind == Stores.POSTGRES) {
                    dieOfTheServer();
                    break;
                }
                leaveAll(); // what they see after the copy was taken can't be in it
                Path copy = temp.resolve("data-" + lives);
                copyAsItIs(copy);
                engine.close();
                folder = copy;
            }
        }
        leaveAll();
        live();
    }

    /** Every connection is cut, again and again, while the engine stops: it can hand nothing over. */
    private void dieOfTheServer() throws Exception {
        followers.forEach(Follower::expectTheEnd);
        Thread stopping = Thread.ofVirtual().start(() -> engine.close());
        do {
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'life'");
        } while (!stopping.join(Duration.ofMillis(20)));
    }

    private void leaveAll() throws InterruptedException {
        for (Follower follower : followers) {
            follower.leave();
        }
    }

    /**
     * What a power cut or a kill would leave at this moment, while agents write. The open read keeps SQLite from
     * overwriting, between the copies of the two files, what the first one was copied without.
     */
    private void copyAsItIs(Path copy) throws Exception {
        Files.createDirectories(copy);
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("millrace.db"));
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeQuery("SELECT count(*) FROM contexts").close();
            for (String file : List.of("millrace.db", "millrace.db-wal")) {
                if (Files.exists(folder.resolve(file))) {
                    Files.copy(folder.resolve(file), copy.resolve(file));
                }
            }
            connection.rollback();
        }
    }

    private void finish() {
        holding.countDown();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            var open = new ArrayList<String>();
            for (Known task : known.values()) {
                TaskState state = engine.task(task.owner, task.sent.taskId())
                        .task()
                        .status()
                        .state();
                if (state.interrupted()) {
                    answer(task);
                }
                if (engine.chats().state(task.owner, task.sent.contextId()) == ContextState.FAILED_QUEUED) {
                    goOn(task);
                }
                if (!state.terminal()) {
                    open.add(task.message.text() + " is " + state + " in " + task.sent.contextId());
                }
            }
            assertThat(open)
                    .as("what has not ended, with %d turns running", engine.runningTurns())
                    .isEmpty();
        });
    }

    /** Whatever lets a queue go on that a failure holds. */
    private void goOn(Known task) {
        String contextId = task.sent.contextId();
        Said next = engine.chats().queue(task.owner, contextId).messages().getFirst();
        engine.chats().promote(task.owner, contextId, next.taskId(), RequestKey.NONE);
    }

    private void check() throws InterruptedException {
        for (String owner : OWNERS) {
            Consistency.check(store, owner);
        }
    }

    private void judge() throws InterruptedException {
        for (Known task : known.values()) {
            judge(task, engine.task(task.owner, task.sent.taskId()).task());
            look(task);
        }
        for (Map.Entry<String, Boolean> context : contexts.entrySet()) {
            if (context.getValue()) {
                tasksRanOneByOneInOrder(context.getKey());
            }
        }
        for (Follower follower : followers) {
            long last = engine.context(follower.owner, follower.contextId)
                    .orElseThrow()
                    .lastOffset();
            await().atMost(Duration.ofSeconds(20)).until(() -> follower.at() >= last);
            follower.leave();
            follower.tasks()
                    .forEach((id, task) -> assertThat(task)
                            .as("as a reader of %s saw it, by offsets: %s", follower.contextId, follower.seen())
                            .isEqualTo(engine.task(follower.owner, id).task()));
        }
    }

    private void judge(Known known, Task task) {
        String text = known.message.text();
        TaskState state = task.status().state();
        assertThat(task.history().getFirst().text()).isEqualTo(text);
        if (known.cancelled) {
            assertThat(state).isEqualTo(TaskState.CANCELED);
        }
        TaskState byItself = known.verb().equals("fail") ? TaskState.FAILED : TaskState.COMPLETED;
        Set<TaskState> possible = known.cancelled || known.mayBeCancelled
                ? EnumSet.of(byItself, TaskState.CANCELED)
                : EnumSet.of(byItself);
        assertThat(state).as("%s: %s", text, WithEngine.reason(task)).isIn(possible);
        switch (known.verb()) {
            case "fail" -> assertThat("oh").startsWith(WithEngine.answer(task));
            case "ask" -> {
                assertThat("let me ask").startsWith(WithEngine.text(task, "notes"));
                if (state == TaskState.COMPLETED) {
                    assertThat(WithEngine.text(task, "notes")).isEqualTo("let me ask");
                    assertThat(WithEngine.answer(task))
                            .isEqualTo(whole(task.history().getLast().text()));
                }
            }
            default -> {
                assertThat(whole(text)).startsWith(WithEngine.answer(task));
                if (state == TaskState.COMPLETED) {
                    assertThat(WithEngine.answer(task)).isEqualTo(whole(text));
                    assertThat(WithEngine.text(task, "whole")).isEqualTo("about " + text);
                }
            }
        }
    }

    /** Plays the journal, which alone must tell what ran when and what waited in which order. */
    private void tasksRanOneByOneInOrder(String contextId) throws InterruptedException {
        List<Journal.Entry<Event>> events =
                store.<List<Journal.Entry<Event>>>read(contextId, r -> r.events(contextId, 0, 1_000_000));
        var states = new HashMap<String, TaskState>();
        List<String> queue = new ArrayList<>();
        boolean failed = false;
        for (var entry : events) {
            Event event = entry.event();
            if (event.kind() == Event.Kind.CONTEXT) {
                var told = new tools.jackson.databind.json.JsonMapper().readTree(event.json());
                if (told.has("queue")) {
                    queue.clear();
                    told.get("queue").get("taskIds").forEach(id -> queue.add(id.asString()));
                }
                failed = false;
            }
            TaskState to = event.state();
            if (to == null) {
                continue;
            }
            String id = event.taskId();
            TaskState from = states.put(id, to);
            if (from == null && to == TaskState.SUBMITTED) {
                queue.add(id);
                failed = false;
            } else if (to == TaskState.WORKING && from == TaskState.SUBMITTED) {
                String what = "task " + id + " of chat " + contextId + " started at offset " + entry.offset();
                assertThat(failed)
                        .as("%s after a failure that nobody acted on", what)
                        .isFalse();
                if (queue.contains(id)) {
                    assertThat(queue.getFirst()).as(what).isEqualTo(id);
                }
                states.forEach((other, state) -> assertThat(
                                !other.equals(id) && (state == TaskState.WORKING || state.interrupted()))
                        .as("%s while %s was %s", what, other, state)
                        .isFalse());
                queue.remove(id);
            } else if (to.terminal()) {
                queue.remove(id);
                failed |= to == TaskState.FAILED;
            }
        }
    }
}
