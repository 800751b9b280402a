package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.sqlite.FullDisk;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full for a while costs what it can't keep, and nothing else. */
@Timeout(60)
class FullDiskTest extends WithEngine {
    /** More than SQLite can still put into the free space of the pages it has. */
    private static final String LONG = "x".repeat(100_000);

    @TempDir
    Path folder;

    @BeforeEach
    void open() {
        store = SqliteStore.open(folder);
    }

    @Test
    void a_send_that_finds_no_room_is_unavailable_leaves_no_trace_and_succeeds_later_under_the_same_id()
            throws Exception {
        start(WithEngine::echo, EngineSettings.defaults().withMaxTurns(1));
        Sent chat = chat("before");
        Task before = ended(chat);
        FullDisk.fill(store);
        Message message = Message.user("m", LONG).in(chat.contextId(), null);
        for (int i = 0; i < 3; i++) {
            assertThat(refusal(message)).isEqualTo(Refused.Reason.UNAVAILABLE);
        }
        assertThat(engine.tasks(new TaskQuery(ME, null, chat.contextId(), null, null, 10, null))
                        .items())
                .hasSize(1);
        assertThat(task(chat)).as("reading goes on").isEqualTo(before);
        FullDisk.makeRoom(store);
        Sent sent = engine.send(Send.next(ME, message));
        assertThat(sent.repeated()).isFalse();
        assertThat(answer(ended(sent)))
                .as("and its place was given back each time")
                .isEqualTo(LONG);
        Consistency.check(store, ME);
    }

    private Refused.Reason refusal(Message message) {
        try {
            engine.send(Send.next(ME, message));
            throw new AssertionError("there is no room for this");
        } catch (Refused refused) {
            return refused.reason();
        }
    }

    @Test
    void the_end_of_a_turn_is_stored_when_there_is_room_again_and_what_was_lost_is_told() throws Exception {
        var said = new ArrayList<String>();
        start(turn -> {
            if (turn.message().text().equals("next")) {
                turn.say("goes on");
                return;
            }
            turn.say("first ");
            turn.flush();
            FullDisk.fill(store);
            try {
                for (int i = 0; i < 100; i++) {
                    turn.say(LONG);
                    turn.flush();
                    said.add(LONG);
                }
            } catch (IllegalStateException full) {
                reached.release(); // and the agent returns as if all were well
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        Sent sent = chat("x");
        reached.acquire();
        FullDisk.makeRoom(store);
        Task task = ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(reason(task)).contains("could not be stored");
        assertThat(answer(task)).as("all that was flushed").isEqualTo("first " + String.join("", said));
        assertThat(answer(ended(next(sent, "next")))).isEqualTo("goes on");
        Consistency.check(store, ME);
    }
}
