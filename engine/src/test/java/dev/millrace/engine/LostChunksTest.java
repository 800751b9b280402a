package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.LocalPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Chunks are shown before they are on the disk: what is lost of them is not continued as if it were there. */
@Timeout(120)
class LostChunksTest {
    private static final String ME = "me";
    private static final int WORDS = 20;
    private static final Duration LONG = Duration.ofHours(1);

    private final List<AutoCloseable> open = new ArrayList<>();

    /** The agent has said all but the last word. */
    private final Semaphore said = new Semaphore(0);

    private final Semaphore go = new Semaphore(0);

    /** What readers saw, and at which offset; two events at one offset are a fault. */
    private final Map<Long, Event> seen = new ConcurrentSkipListMap<>();

    @AfterEach
    void close() throws Exception {
        go.release(100);
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private void talk(Turn turn) throws InterruptedException {
        for (int i = 0; i < WORDS; i++) {
            turn.say("word" + i + " ");
            turn.flush();
        }
        said.release();
        go.acquire();
        turn.say("end");
    }

    private static String whole() {
        var text = new StringBuilder();
        for (int i = 0; i < WORDS; i++) {
            text.append("word").append(i).append(' ');
        }
        return text.append("end").toString();
    }

    private Sent begin(Engine engine) {
        return engine.send(Send.chat(ME, null, Message.user(engine.newId(), "tell me"), null));
    }

    private static Task task(Engine engine, Sent sent) {
        return engine.task(ME, sent.taskId()).task();
    }

    /** Reads on until the task has ended; gives the last offset. */
    private long follow(Engine engine, Sent sent, long after) throws InterruptedException {
        long at = after;
        try (Cursor<Event> cursor = engine.read(sent.contextId(), after)) {
            while (true) {
                for (Journal.Entry<Event> entry : cursor.take(64)) {
                    assertThat(entry.offset()).isGreaterThan(at);
                    at = entry.offset();
                    see(entry);
                    TaskState state = entry.event().state();
                    if (sent.taskId().equals(entry.event().taskId()) && state != null && state.terminal()) {
                        return at;
                    }
                }
            }
        }
    }

    private void see(Journal.Entry<Event> entry) {
        Event before = seen.putIfAbsent(entry.offset(), entry.event());
        assertThat(before == null || Arrays.equals(before.json(), entry.event().json()))
                .as("what is at offset %d stays what it is", entry.offset())
                .isTrue();
    }

    /** Reads until the agent waits; gives the last offset. */
    private long followToTheGate(Engine engine, Sent sent) throws InterruptedException {
        long at = 0;
        try (Cursor<Event> cursor = engine.read(sent.contextId(), 0)) {
            // The task, WORKING, and the words.
            while (at < 2 + WORDS) {
                for (Journal.Entry<Event> entry : cursor.take(64)) {
                    at = entry.offset();
                    see(entry);
                }
            }
        }
        return at;
    }

    private LocalPostgres postgres() throws Exception {
        Assumptions.assumeTrue(LocalPostgres.installed(), LocalPostgres.missing());
        LocalPostgres postgres = LocalPostgres.start().orElseThrow();
        open.add(postgres);
        // So that chunks stay off the disk for as long as the test takes.
        query(postgres, "ALTER SYSTEM SET wal_writer_delay = '10s'");
        query(postgres, "ALTER SYSTEM SET wal_writer_flush_after = '1GB'");
        query(postgres, "ALTER SYSTEM SET autovacuum = off");
        query(postgres, "SELECT pg_reload_conf()");
        return postgres;
    }

    private static void query(LocalPostgres postgres, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbc(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String jdbc(LocalPostgres postgres) {
        return "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres?user=" + LocalPostgres.USER;
    }

    private static long number(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            return number(connection, sql);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private Engine start(LocalPostgres postgres) throws InterruptedException {
        var address = PostgresAddress.parse(
                "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres?schema=crash");
        var engine = new Engine(
                PostgresStore.open(PostgresSettings.of(address)),
                AgentCatalog.of("test", this::talk),
                EngineSettings.defaults().withLease(LONG).withLookAgain(Duration.ofSeconds(1)));
        open.add(engine);
        engine.start();
        return engine;
    }

    /** What takes from PostgreSQL what it has not yet written. */
    private enum Crash {
        OF_THE_DATABASE {
            @Override
            void of(LocalPostgres postgres) throws Exception {
                postgres.stop(LocalPostgres.Stop.IMMEDIATE);
                postgres.launch();
            }
        },
        /** As when memory is short. The others of its processes end, too, and begin anew, but not the first of them. */
        OF_ONE_PROCESS {
            @Override
            void of(LocalPostgres postgres) throws Exception {
                try (Connection connection = DriverManager.getConnection(jdbc(postgres))) {
                    long process = number(connection, "SELECT pg_backend_pid()");
                    long started = number(connection, STARTED);
                    assertThat(ProcessHandle.of(process).orElseThrow().destroyForcibly())
                            .isTrue();
                    await().ignoreExceptions()
                            .atMost(Duration.ofSeconds(60))
                            .until(() -> number(jdbc(postgres), STARTED) == started && !connection.isValid(1));
                }
            }
        };

        private static final String STARTED =
                "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

        abstract void of(LocalPostgres postgres) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void what_a_crash_of_the_database_took_is_said_anew_and_no_offset_is_given_twice(Crash crash) throws Exception {
        LocalPostgres postgres = postgres();
        Engine one = start(postgres);
        Engine two = start(postgres);
        Sent sent = begin(one);
        long at = followToTheGate(one, sent);
        // Every ten seconds chunks reach the disk all the same; then this shows nothing.
        for (int tries = 0; !losesSomething(crash, postgres, sent, at); tries++) {
            assertThat(tries).as("crashes that lost nothing").isLessThan(5);
            go.release();
            follow(one, sent, at);
            seen.clear();
            sent = begin(one);
            at = followToTheGate(one, sent);
        }

        // Another server writes before the one that lost something does.
        Send next = Send.next(ME, Message.user("second", "and then?").in(sent.contextId(), null));
        await().ignoreExceptions().atMost(Duration.ofSeconds(60)).until(() -> two.send(next) != null);
        go.release(100);

        follow(one, sent, at);
        follow(two, sent, at);
        Task task = task(two, sent);
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(task.artifacts()).extracting(Artifact::text).containsExactly(whole());
        assertThat(two.read(sent.contextId(), at).take(1).getFirst().offset()).isGreaterThan(1_000_000);
    }

    /** Crashes PostgreSQL; true if something of the chat is gone that readers had seen. */
    private boolean losesSomething(Crash crash, LocalPostgres postgres, Sent sent, long at) throws Exception {
        said.acquire();
        crash.of(postgres);
        return number(
                        jdbc(postgres),
                        "SELECT max(\"offset\") FROM crash.events WHERE context_id = '" + sent.contextId() + "'")
                < at;
    }

    @Test
    void a_database_that_was_stopped_in_good_order_has_lost_nothing_and_the_turn_goes_on() throws Exception {
        LocalPostgres postgres = postgres();
        Engine one = start(postgres);
        Sent sent = begin(one);
        long at = followToTheGate(one, sent);
        said.acquire();
        postgres.stop(LocalPostgres.Stop.FAST);
        postgres.launch();
        go.release(1); // one is enough: the turn is not begun anew

        follow(one, sent, at);
        Task task = task(one, sent);
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(task.artifacts()).extracting(Artifact::text).containsExactly(whole());
        assertThat(said.availablePermits()).isZero();
    }

    @Test
    void after_a_power_cut_an_embedded_store_gives_no_offset_twice(@TempDir Path folder) throws Exception {
        Engine before = new Engine(
                SqliteStore.open(FreshFolder.in(folder)),
                AgentCatalog.of("test", this::talk),
                EngineSettings.defaults());
        open.add(before);
        before.start();
        Sent sent = begin(before);
        long at = followToTheGate(before, sent);
        said.acquire();
        before.close(); // with the turn in the middle
        String url = "jdbc:sqlite:" + folder.resolve("millrace.db");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            // What a power cut would have done.
            assertThat(statement.executeUpdate("DELETE FROM events WHERE \"offset\" > 10"))
                    .isPositive();
            assertThat(statement.executeUpdate("UPDATE contexts SET last_offset = 10"))
                    .isOne();
            assertThat(statement.executeUpdate("UPDATE boots SET boot = 'the one before'"))
                    .isOne();
        }
        go.release(100);
        Engine after = new Engine(
                SqliteStore.open(FreshFolder.in(folder)),
                AgentCatalog.of("test", this::talk),
                EngineSettings.defaults());
        open.add(after);
        after.start();

        follow(after, sent, at);
        assertThat(task(after, sent).artifacts()).extracting(Artifact::text).containsExactly(whole());
        after.close();
        assertThat(number(url, "SELECT last_offset FROM contexts")).isBetween(1_000_000L, 1_100_000L);
        Engine again = new Engine(
                SqliteStore.open(FreshFolder.in(folder)),
                AgentCatalog.of("test", this::talk),
                EngineSettings.defaults());
        open.add(again);
        assertThat(number(url, "SELECT last_offset FROM contexts")).isLessThan(1_100_000L);
    }
}
