package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        final boolean serial;

        /** While it waits, its user may put another in its place. */
        Message message;

        /** The task that its message makes if it is sent again: another one, once it was tried again. */
        String again;

        boolean cancelled;
        boolean mayBeCancelled;

        Known(String owner, Sent sent, Message message, boolean serial) {
            this.owner = owner;
            this.sent = sent;
            again = sent.taskId();
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
    private final Map<String, String> owners = new HashMap<>();
    private final Set<String> archived = new HashSet<>();

    /** What edits and deletes have taken out of a conversation, for good. */
    private final Map<String, Set<String>> takenOut = new HashMap<>();

    /** Conversations that begin with copies, and the offset behind these. */
    private final Map<String, Long> forks = new HashMap<>();

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
        "POSTGRES, 3",
        "MEMORY, 1",
        "MEMORY, 2"
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
        if (random.nextInt(3) == 0 && !known.isEmpty()) {
            arrange(pick());
            return;
        }
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
            case SQLITE -> SqliteStore.open(FreshFolder.in(folder));
            case POSTGRES -> PostgresStore.open(PostgresSettings.of(address));
            case MEMORY -> store == null ? new MemoryStore() : store;
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
        owners.put(sent.contextId(), owner);
        known.put(sent.taskId(), new Known(owner, sent, message, serial));
    }

    private void send(String contextId) {
        String owner = ownerOf(contextId);
        boolean serial = contexts.get(contextId);
        var message = Message.user(engine.newId(), script()).in(contextId, null);
        try {
            Sent sent = engine.send(serial ? Send.next(owner, message) : Send.task(owner, null, message));
            assertThat(archived).doesNotContain(contextId);
            known.put(sent.taskId(), new Known(owner, sent, message, serial));
        } catch (Refused e) {
            assertThat(e.reason())
                    .isEqualTo(archived.contains(contextId) ? Refused.Reason.ARCHIVED : Refused.Reason.QUEUE_FULL);
        }
    }

    private String ownerOf(String contextId) {
        return Objects.requireNonNull(owners.get(contextId));
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
        String contextId = task.sent.contextId();
        mayStop(contextId);
        try {
            engine.interrupt(task.owner, contextId);
            assertThat(archived).doesNotContain(contextId);
        } catch (Refused e) {
            assertThat(e.reason()).isEqualTo(Refused.Reason.ARCHIVED);
            assertThat(archived).contains(contextId);
        }
    }

    private void mayStop(String contextId) {
        known.values().stream()
                .filter(k -> k.sent.contextId().equals(contextId))
                .forEach(k -> k.mayBeCancelled = true);
    }

    /** What a user does to a chat besides sending to it. Whatever its state does not allow is refused, and changes nothing. */
    private void arrange(Known task) {
        if (!task.serial) {
            return;
        }
        String contextId = task.sent.contextId();
        try {
            switch (random.nextInt(9)) {
                case 0, 1 -> edit(task);
                case 2 -> editQueued(task);
                case 3 -> deleteQueued(task);
                case 4 -> {
                    mayStop(contextId);
                    engine.chats().promote(task.owner, contextId, task.sent.taskId(), RequestKey.NONE);
                }
                case 5 -> reorder(task);
                case 6 -> retry(task);
                case 7 -> {
                    if (random.nextBoolean()) {
                        engine.chats().clear(task.owner, contextId, RequestKey.NONE);
                    } else {
                        fork(task);
                        return; // also of what is archived
                    }
                }
                default -> {
                    archive(task);
                    return;
                }
            }
            assertThat(archived).as("nothing is changed in what is archived").doesNotContain(contextId);
        } catch (Refused e) {
            assertThat(e.reason())
                    .as(e.getMessage())
                    .isIn(Refused.Reason.NOT_NOW, Refused.Reason.ARCHIVED, Refused.Reason.NO_MESSAGE);
            if (e.reason() == Refused.Reason.ARCHIVED) {
                assertThat(archived).contains(contextId);
            }
        }
    }

    private List<String> said(Known task) {
        return engine.chats().messages(task.owner, task.sent.contextId(), null, null, 10_000).messages().stream()
                .map(each -> each.message().text())
                .toList();
    }

    private void edit(Known task) {
        String contextId = task.sent.contextId();
        List<String> before = said(task);
        int from = before.indexOf(task.message.text());
        var replacement = Message.user(engine.newId(), script());
        Sent sent = engine.chats().edit(task.owner, contextId, task.message.messageId(), replacement, RequestKey.NONE);
        assertThat(from).as("only what is there can be edited").isNotNegative();
        Message now = replacement.in(contextId, null);
        if (sent.taskId().equals(task.again)) {
            takeOut(contextId, List.of(task.message.text()));
            Objects.requireNonNull(known.get(sent.taskId())).message = now;
            return;
        }
        mayStop(contextId);
        // Of what came behind it, the users' messages: nobody but this test sends any.
        takeOut(
                contextId,
                before.subList(from, before.size()).stream()
                        .filter(text -> known.values().stream()
                                .anyMatch(k -> k.message.text().equals(text)))
                        .toList());
        known.put(sent.taskId(), new Known(task.owner, sent, now, true));
    }

    private void takeOut(String contextId, List<String> texts) {
        takenOut.computeIfAbsent(contextId, id -> new HashSet<>()).addAll(texts);
    }

    private void editQueued(Known task) {
        String contextId = task.sent.contextId();
        var replacement = Message.user(engine.newId(), script());
        engine.chats().editQueued(task.owner, contextId, task.sent.taskId(), replacement, RequestKey.NONE);
        takeOut(contextId, List.of(task.message.text()));
        task.message = replacement.in(contextId, null);
    }

    private void deleteQueued(Known task) {
        engine.chats().deleteQueued(task.owner, task.sent.contextId(), task.sent.taskId());
        task.cancelled = true;
        takeOut(task.sent.contextId(), List.of(task.message.text()));
    }

    private void reorder(Known task) {
        var queue = new ArrayList<>(engine.chats().queue(task.owner, task.sent.contextId()).messages().stream()
                .map(Said::taskId)
                .toList());
        Collections.shuffle(queue, random);
        try {
            engine.chats().reorder(task.owner, task.sent.contextId(), queue);
        } catch (Refused e) {
            if (e.reason() != Refused.Reason.INVALID) { // it has begun to work on one of them
                throw e;
            }
        }
    }

    private void retry(Known task) {
        String contextId = task.sent.contextId();
        Sent sent = engine.chats().retry(task.owner, contextId, RequestKey.NONE);
        Message message =
                engine.task(task.owner, sent.taskId()).task().history().getFirst();
        var again = new Known(task.owner, sent, message.in(contextId, null), true);
        known.values().stream()
                .filter(k -> k.message.messageId().equals(message.messageId()))
                .forEach(k -> k.again = sent.taskId());
        known.put(sent.taskId(), again);
    }

    private void fork(Known task) {
        String contextId = task.sent.contextId();
        List<String> before = said(task);
        String fork = engine.chats().fork(task.owner, contextId, task.message.messageId(), null, RequestKey.NONE);
        List<String> copied = engine.chats().messages(task.owner, fork, null, null, 10_000).messages().stream()
                .map(each -> each.message().text())
                .toList();
        assertThat(copied.getLast()).isEqualTo(task.message.text());
        List<String> source = said(task);
        if (source.size() >= copied.size() && before.size() >= copied.size()) {
            List<String> now = source.subList(0, copied.size());
            if (now.equals(before.subList(0, copied.size()))) {
                assertThat(copied).as("what stood still was copied as it stood").isEqualTo(now);
            }
        }
        contexts.put(fork, true);
        owners.put(fork, task.owner);
        forks.put(fork, engine.context(task.owner, fork).orElseThrow().lastOffset());
        send(fork);
    }

    private void archive(Known task) {
        String contextId = task.sent.contextId();
        boolean put = !archived.contains(contextId);
        engine.chats().arrange(task.owner, contextId, Arrangement.archived(put));
        if (put) {
            archived.add(contextId);
        } else {
            archived.remove(contextId);
        }
    }

    /** A client that did not hear the answer sends the same once more. */
    private void again(Known task) {
        Sent again = engine.send(
                task.serial && task.message.contextId() != null
                        ? Send.next(task.owner, task.message)
                        : Send.task(task.owner, null, task.message.in(task.sent.contextId(), null)));
        assertThat(again.repeated()).isTrue();
        assertThat(again.taskId()).isEqualTo(task.again);
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
        if (kind == Stores.MEMORY) {
            return; // it dies with its process, and nothing is left to judge
        }
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
        for (String contextId : Set.copyOf(archived)) {
            engine.chats().arrange(ownerOf(contextId), contextId, Arrangement.archived(false));
            archived.remove(contextId);
        }
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
                theConversationIsWhatTheJournalTells(context.getKey());
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

    /** A reader that has the journal alone ends with the same conversation, and what was taken out stays out. */
    private void theConversationIsWhatTheJournalTells(String contextId) throws InterruptedException {
        String owner = ownerOf(contextId);
        List<String> said = engine.chats().messages(owner, contextId, null, null, 10_000).messages().stream()
                .map(each -> each.message().text())
                .toList();
        assertThat(new JournalReader(engine, owner, contextId).conversation())
                .as("chat %s", contextId)
                .isEqualTo(said);
        takenOut.getOrDefault(contextId, Set.of())
                .forEach(text -> assertThat(said).doesNotContain(text));
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
            if (entry.offset() == forks.getOrDefault(contextId, 0L)) {
                failed = false; // what its user did then is no part of the copy
            }
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
                assertThat(failed && entry.offset() > forks.getOrDefault(contextId, 0L))
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
