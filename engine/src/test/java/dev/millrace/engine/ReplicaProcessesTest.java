package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another process runs a task on the store that this one shares, and is killed or frozen. */
@Timeout(60)
class ReplicaProcessesTest {
    private static final Duration LEASE = Duration.ofSeconds(2);

    private final PostgresServer server = PostgresServer.get();
    private final String url = server.url(server.newSchema());
    private Engine engine;
    private Process other;
    private BufferedReader says;
    private String contextId;
    private String taskId;

    @BeforeEach
    void start() throws Exception {
        engine = new Engine(
                PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(url))),
                AgentCatalog.of("test", WithEngine::echo),
                EngineSettings.defaults().withLease(LEASE).withLookAgain(Duration.ofHours(1)));
        engine.start();
        other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReplicaProcess.class.getName(),
                        url,
                        Long.toString(LEASE.toMillis()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        says = other.inputReader();
        String[] ids = hear().split(" ", -1);
        contextId = ids[0];
        taskId = ids[1];
    }

    /** The next line that is no line of the log. */
    private String hear() throws IOException {
        for (String line = says.readLine(); line != null; line = says.readLine()) {
            if (!line.contains(" - ") && !line.startsWith("\t")) {
                return line;
            }
        }
        throw new AssertionError("the other process ended");
    }

    @AfterEach
    void stop() throws Exception {
        other.destroyForcibly().waitFor();
        engine.close();
    }

    private void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(other.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Reads along from the beginning; does something when a few words were seen. */
    private List<Journal.Entry<Event>> readAlong(Act afterSomeWords) throws Exception {
        var seen = new ArrayList<Journal.Entry<Event>>();
        boolean done = false;
        try (Cursor<Event> cursor = engine.read(contextId, 0)) {
            while (!cursor.ended()) {
                for (Journal.Entry<Event> entry : cursor.take(32)) {
                    seen.add(entry);
                    TaskState state = entry.event().state();
                    if (state != null && state.terminal()) {
                        return seen;
                    }
                }
                if (!done && seen.size() > 20) {
                    done = true;
                    afterSomeWords.run();
                }
            }
        }
        throw new AssertionError("the journal ended before the task did");
    }

    private interface Act {
        void run() throws Exception;
    }

    private void assertTakenUp(List<Journal.Entry<Event>> seen) {
        assertThat(seen.stream().map(Journal.Entry::offset).toList()).isSorted().doesNotHaveDuplicates();
        Task read = WithEngine.fold(seen, taskId);
        assertThat(WithEngine.answer(read)).isEqualTo("the whole answer");
        assertThat(read.status().state()).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void what_a_killed_process_left_is_taken_up_when_its_lease_has_run_out() throws Exception {
        assertTakenUp(readAlong(() -> other.destroyForcibly().waitFor()));
    }

    @Test
    void a_process_that_was_frozen_past_its_lease_writes_nothing_more() throws Exception {
        assertTakenUp(readAlong(() -> signal("STOP")));
        long last = engine.context("me", contextId).orElseThrow().lastOffset();
        signal("CONT");
        assertThat(hear()).isEqualTo("lost");
        assertThat(engine.context("me", contextId).orElseThrow().lastOffset()).isEqualTo(last);
        assertThat(WithEngine.answer(engine.task("me", taskId).task())).isEqualTo("the whole answer");
    }
}
