package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.FileNames;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What the first version wrote, opened by this one: everything is still there, and everything new can be done with it. */
@Timeout(60)
class MigrationTest extends WithEngine {
    private static final String FILE = "0123456789abcdef0123456789abcdef";
    private static final String OTHER = "ffffffffffffffffffffffffffffffff";
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path folder;

    private final Acting agent = new Acting();

    /** As the first version wrote it: a chat with one task that ended, one that asks and one that waits, and a bare task. */
    private static void writeAsOfOld(Connection old, boolean postgres) throws SQLException {
        context(old, "chat", "The old chat", 0, 9, postgres);
        task(old, "done", "chat", 3, 1, 1, true);
        task(old, "asks", "chat", 6, 5, 5, false);
        task(old, "waits", "chat", 1, 9, 9, false);
        event(old, "chat", 1, submitted("done", "chat", "say hello"));
        event(old, "chat", 2, naming("done", "chat", FILE));
        // Its chunk at 3 was merged with the one at 4, as the first version did.
        event(
                old,
                "chat",
                3,
                Events.artifact(TaskArtifactUpdateEvent.whole("done", "chat", Artifact.text("answer", "Hello you"))));
        event(old, "chat", 4, status("done", "chat", TaskState.COMPLETED, null));
        event(old, "chat", 5, submitted("asks", "chat", "ask which?"));
        event(old, "chat", 6, status("asks", "chat", TaskState.WORKING, null));
        event(old, "chat", 7, Events.chunk("asks", "chat", Artifact.text("answer", "let me see"), false));
        event(old, "chat", 8, status("asks", "chat", TaskState.INPUT_REQUIRED, "which?"));
        event(old, "chat", 9, submitted("waits", "chat", "say later"));
        send(old, "chat", "message:m-done", "done", 1, 0);
        send(old, "chat", "message:m-asks", "asks", 5, 4);
        send(old, "chat", "message:m-waits", "waits", 9, 8);
        context(old, "bare", null, 1, 3, postgres);
        task(old, "crashed", "bare", 2, 1, 1, false);
        event(old, "bare", 1, submitted("crashed", "bare", "say again"));
        event(old, "bare", 2, naming("crashed", "bare", FILE + "/ü " + FileNames.BEFORE + OTHER));
        event(old, "bare", 3, Events.chunk("crashed", "bare", Artifact.text("answer", "on a"), false));
    }

    private static Event submitted(String taskId, String contextId, String text) {
        Message message = Message.user("m-" + taskId, text).in(contextId, taskId);
        return Events.task(Task.of(taskId, contextId, TaskStatus.of(TaskState.SUBMITTED, T0))
                .withHistory(List.of(message)));
    }

    private static Event status(String taskId, String contextId, TaskState state, @Nullable String says) {
        Message message =
                says == null ? null : Message.agent("q-" + taskId, says).in(contextId, taskId);
        return Events.status(taskId, contextId, new TaskStatus(state, message, T0), null);
    }

    /** That it is worked on, and of which files. */
    private static Event naming(String taskId, String contextId, String files) {
        var about = new JsonMapper().createObjectNode().put("about", "some, such as " + FileNames.BEFORE + files);
        return Events.status(taskId, contextId, new TaskStatus(TaskState.WORKING, null, T0), about);
    }

    private static void run(Connection old, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement insert = old.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            insert.executeUpdate();
        }
    }

    private static void context(
            Connection old, String id, @Nullable String title, int concurrency, long last, boolean postgres)
            throws SQLException {
        run(
                old,
                "INSERT INTO contexts (id, owner, agent, title, concurrency, created_at, updated_at, last_offset"
                        + (postgres ? ", version" : "") + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?" + (postgres ? ", 7" : "")
                        + ")",
                id,
                ME,
                "test",
                title,
                concurrency,
                T0.toEpochMilli(),
                T0.toEpochMilli(),
                last);
    }

    private static void task(
            Connection old, String id, String contextId, int state, long position, long messageAt, boolean merged)
            throws SQLException {
        run(
                old,
                "INSERT INTO tasks (id, context_id, owner, agent, state, status_at, position, message_at, epoch,"
                        + " leased_by, attempts, merged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                contextId,
                ME,
                "test",
                state,
                T0.toEpochMilli(),
                position,
                messageAt,
                state == 1 ? 0L : 1L,
                state == 2 ? "a dead process" : null,
                state == 1 ? 0 : 1,
                merged);
    }

    private static void event(Connection old, String contextId, long offset, Event event) throws SQLException {
        run(
                old,
                "INSERT INTO events (context_id, \"offset\", task_id, kind, state, json) VALUES (?, ?, ?, ?, ?, ?)",
                contextId,
                offset,
                event.taskId(),
                event.kind().code(),
                event.state() == null ? null : event.state().number(),
                event.json());
    }

    private static void send(Connection old, String contextId, String key, String taskId, long to, long from)
            throws SQLException {
        run(
                old,
                "INSERT INTO sends (context_id, key, print, task_id, offset_to, offset_from, state)"
                        + " VALUES (?, ?, NULL, ?, ?, ?, 1)",
                contextId,
                key,
                taskId,
                to,
                from);
    }

    @Test
    void a_data_folder_of_the_first_version_keeps_everything() throws Exception {
        String url = "jdbc:sqlite:" + folder.resolve("millrace.db");
        Flyway.configure()
                .dataSource(url, null, null)
                .locations("classpath:db/migration/sqlite")
                .target("1")
                .load()
                .migrate();
        try (Connection old = DriverManager.getConnection(url)) {
            writeAsOfOld(old, false);
        }
        store = SqliteStore.open(folder);
        everythingIsThere();
    }

    @Test
    void a_database_of_the_first_version_keeps_everything() throws Exception {
        PostgresServer server = PostgresServer.get();
        String schema = server.newSchema();
        PostgresAddress address = PostgresAddress.parse(server.url(schema));
        String url = "jdbc:postgresql://127.0.0.1:" + server.databasePort() + "/postgres?user=millrace&currentSchema="
                + schema;
        Flyway.configure()
                .dataSource(url, "millrace", null)
                .schemas(schema)
                .defaultSchema(schema)
                .locations("classpath:db/migration/postgresql")
                .target("1")
                .load()
                .migrate();
        try (Connection old = DriverManager.getConnection(url)) {
            writeAsOfOld(old, true);
        }
        store = PostgresStore.open(PostgresSettings.of(address));
        everythingIsThere();
    }

    /** What the old chats name is of use, though the register first hears of it now. */
    private void filesAreKept() {
        Instant before = Instant.now().plusSeconds(60);
        FileRegister register = Objects.requireNonNull(store.files());
        for (String id : List.of(FILE, OTHER)) {
            register.add(
                    new FileRegister.Entry(id, ME, "a.png", "image/png", 1, "00", T0, T0, T0, false),
                    FileRegister.NO_QUOTA);
            assertThat(register.take(id, before)).isFalse();
        }
        engine.chats().delete(ME, "bare");
        assertThat(register.loose(before, 10))
                .extracting(FileRegister.Entry::id)
                .containsExactly(OTHER);
    }

    private void everythingIsThere() throws Exception {
        start(agent);
        Chats chats = engine.chats();
        assertThat(texts(chats))
                .containsExactly("say hello", "Hello you", "ask which?", "let me see", "which?", "say later");
        assertThat(chats.state(ME, "chat")).isEqualTo(ContextState.WAITING_QUEUED);
        Context chat = engine.context(ME, "chat").orElseThrow();
        assertThat(chat.title()).isEqualTo("The old chat");
        assertThat(chat.createdAt()).isEqualTo(T0);
        assertThat(chat.unread()).as("what was there before counts as read").isFalse();
        Consistency.check(store, ME);

        var old = new Sent("bare", "crashed", 1, 0, TaskState.SUBMITTED, false);
        assertThat(answer(ended(old))).as("what was under way is taken up").isEqualTo("on again");
        assertThat(engine.send(Send.next(ME, Message.user("m-done", "say hello").in("chat", null))))
                .as("what was sent then is not sent again")
                .returns("done", Sent::taskId)
                .returns(true, Sent::repeated);

        assertThat(found(chats, "old")).as("found by its title").containsExactly("chat");
        engine.send(Send.next(ME, Message.user("m-answer", "say this").in("chat", "asks")));
        readToEnd(new Sent("chat", "waits", 9, 8, TaskState.SUBMITTED, false), 0);
        assertThat(texts(chats))
                .containsExactly(
                        "say hello",
                        "Hello you",
                        "ask which?",
                        "let me see",
                        "which?",
                        "say this",
                        "on this",
                        "say later",
                        "on later");
        Sent edited = chats.edit(ME, "chat", "m-waits", Message.user("m-new", "say better"), RequestKey.NONE);
        assertThat(answer(ended(edited))).isEqualTo("on better");
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(found(chats, "hello you"))
                        .as("what was said then is found, too, once it was looked through")
                        .containsExactly("chat"));
        assertThat(found(chats, "nothing of this")).isEmpty();
        Consistency.check(store, ME);
        filesAreKept();
    }

    private static List<String> texts(Chats chats) {
        return chats.messages(ME, "chat", null, null, 100).messages().stream()
                .map(said -> said.message().text())
                .toList();
    }

    private static List<String> found(Chats chats, String text) {
        var query = new ContextQuery(ME, text, java.util.Map.of(), null, null, null, false, null, 10, null);
        return chats.list(query).items().stream()
                .map(standing -> standing.context().id())
                .toList();
    }
}
