package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a new process makes of what a dead one left. */
@Timeout(60)
class RecoveryTest extends WithEngine {
    @TempDir
    Path folder;

    private final List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void open() {
        store = SqliteStore.open(FreshFolder.in(folder));
    }

    /** The store goes away under the engine, as it does when the process dies; then a new process comes. */
    private void crash(Agent agent, EngineSettings settings) throws InterruptedException {
        store.close();
        engine.close();
        store = SqliteStore.open(FreshFolder.in(folder));
        start(agent, settings);
    }

    private void crash(Agent agent) throws InterruptedException {
        crash(agent, EngineSettings.defaults());
    }

    private void whole(Turn turn) {
        attempts.add(turn.attempt());
        turn.say("the ");
        turn.say("whole ");
        turn.say("answer");
    }

    @Test
    void a_task_of_a_dead_worker_is_taken_up_and_says_so() throws Exception {
        start(this::gated);
        Sent sent = chat("x");
        reached.acquire();
        crash(this::whole);
        List<Journal.Entry<Event>> seen = readToEnd(sent, 0);
        assertThat(attempts).containsExactly(2);
        List<String> recovering = seen.stream()
                .map(e -> A2aJson.STREAM_RESPONSE.read(e.event().json()))
                .filter(TaskStatusUpdateEvent.class::isInstance)
                .map(TaskStatusUpdateEvent.class::cast)
                .filter(e -> e.metadata() != null)
                .map(e -> e.status().state() + " " + e.metadata().get("recovering") + " "
                        + e.metadata().get("attempt"))
                .toList();
        assertThat(recovering).containsExactly("SUBMITTED true 2", "WORKING true 2");
        Consistency.check(store, ME);
    }

    private Sent unkept(String text) {
        return engine.send(
                Send.chat(ME, null, Message.user(engine.newId(), text), null).unacknowledged());
    }

    @Test
    void a_context_that_was_there_for_one_answer_is_gone_with_the_process_that_was_to_hand_it_out() throws Exception {
        start(this::gated, EngineSettings.defaults().withMaxTurns(2));
        Sent underWay = unkept("x");
        Sent kept = chat("y");
        reached.acquire(2);
        Sent queued = unkept("z");
        crash(this::whole);
        ended(kept);
        assertThat(engine.context(ME, underWay.contextId())).isEmpty();
        assertThat(engine.context(ME, queued.contextId())).isEmpty();
        assertThat(attempts).as("what is not wanted is not run").containsExactly(2);
        Consistency.check(store, ME);
    }

    @Test
    void a_context_whose_answer_was_there_and_not_handed_out_is_gone_too_and_one_of_this_process_is_not()
            throws Exception {
        start(this::whole);
        Sent left = unkept("x");
        readToEnd(left, 0);
        assertThat(engine.context(ME, left.contextId())).isPresent();
        crash(this::whole);
        assertThat(engine.context(ME, left.contextId())).isEmpty();
        Sent here = unkept("y");
        readToEnd(here, 0);
        assertThat(engine.context(ME, here.contextId())).isPresent();
        engine.chats().delete(ME, here.contextId());
        Consistency.check(store, ME);
    }

    @Test
    void a_context_whose_one_answer_is_a_question_that_nobody_was_told_is_gone_too() throws Exception {
        start(turn -> turn.ask("and then?"));
        Sent left = unkept("x");
        readUntil(left, 0, TaskState.INPUT_REQUIRED);
        Sent kept = chat("y");
        readUntil(kept, 0, TaskState.INPUT_REQUIRED);
        assertThat(engine.context(ME, left.contextId())).isPresent();
        crash(this::whole);
        assertThat(engine.context(ME, left.contextId())).isEmpty();
        assertThat(engine.context(ME, kept.contextId())).isPresent();
        Consistency.check(store, ME);
    }

    @Test
    void a_reader_at_any_offset_of_the_lost_attempt_ends_with_the_right_text() throws Exception {
        start(turn -> {
            for (int i = 0; i < 6; i++) {
                turn.say("lost " + i);
            }
            turn.flush();
            reached.release();
            go.acquire();
        });
        Sent sent = chat("x");
        reached.acquire();
        long top = engine.task(ME, sent.taskId()).offset();
        List<Journal.Entry<Event>> live = store.read(sent.contextId(), r -> r.events(sent.contextId(), 0, 100));
        assertThat(live).hasSize((int) top);
        crash(this::whole);
        readToEnd(sent, 0);
        for (int again = 0; again < 2; again++) { // while its chunks are there, and when they were merged
            for (int cut = 0; cut <= live.size(); cut++) {
                var seen = new ArrayList<>(live.subList(0, cut));
                seen.addAll(readToEnd(sent, cut));
                assertThat(answer(fold(seen, sent.taskId()))).isEqualTo("the whole answer");
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> store.<Boolean>read(
                            sent.contextId(), r -> r.task(sent.taskId()).merged()));
        }
        assertThat(answer(task(sent))).isEqualTo("the whole answer");
    }

    @Test
    void a_task_whose_workers_die_too_often_fails_with_the_reason() throws Exception {
        var settings = EngineSettings.defaults().withMaxAttempts(2);
        start(this::gated, settings);
        Sent sent = chat("x");
        Sent queued = next(sent, "y");
        reached.acquire();
        crash(this::gated, EngineSettings.defaults().withMaxAttempts(2));
        reached.acquire();
        crash(this::whole, EngineSettings.defaults().withMaxAttempts(2));
        Task task = ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(reason(task)).contains("given up").contains("2 times");
        assertThat(state(queued)).as("a failure holds the queue").isEqualTo(TaskState.SUBMITTED);
        Sent again = engine.chats().retry(ME, sent.contextId(), RequestKey.NONE);
        assertThat(answer(ended(again))).isEqualTo("the whole answer");
        assertThat(answer(ended(queued))).as("and the queue goes on").isEqualTo("the whole answer");
        assertThat(attempts).containsExactly(1, 1);
        Consistency.check(store, ME);
    }

    @Test
    void what_waits_for_its_user_still_waits_after_a_crash_and_takes_the_answer() throws Exception {
        start(turn -> turn.ask("which?"));
        Sent asked = chat("x");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        Sent queued = next(asked, "y");
        crash(this::whole);
        assertThat(state(asked)).isEqualTo(TaskState.INPUT_REQUIRED);
        assertThat(state(queued)).isEqualTo(TaskState.SUBMITTED);
        assertThat(answer(ended(answer(asked, "that one")))).isEqualTo("the whole answer");
        ended(queued);
        assertThat(attempts).containsExactly(1, 1);
        Consistency.check(store, ME);
    }

    @Test
    void what_a_crash_left_unmerged_is_merged_by_the_next_engine() throws Exception {
        start(this::gated);
        Sent sent = chat("x");
        reached.acquire();
        // The end as the turn stores it, and then the process dies before the merger comes to it.
        store.submit(sent.contextId(), dev.millrace.engine.store.Durability.FSYNCED, reader -> {
                    var draft = new Draft(reader, sent.contextId(), java.time.Instant.now());
                    draft.move(draft.task(sent.taskId()), Transition.FINISH, null, null);
                    return draft.toWrite(true, () -> {}, () -> {}, () -> {});
                })
                .get();
        crash(this::whole);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> store.<Boolean>read(
                        sent.contextId(), r -> r.task(sent.taskId()).merged()));
        List<Event.Kind> kinds = store.<List<Event.Kind>>read(
                sent.contextId(),
                r -> r.eventsOf(r.task(sent.taskId())).stream()
                        .map(e -> e.event().kind())
                        .toList());
        assertThat(kinds).contains(Event.Kind.ARTIFACT).doesNotContain(Event.Kind.CHUNK);
        assertThat(answer(task(sent))).isEqualTo("first ");
        assertThat(attempts).isEmpty();
    }

    @Test
    void one_owners_crowd_does_not_take_every_place_at_the_start() throws Exception {
        start(this::gated, EngineSettings.defaults().withMaxTurns(1));
        chat("busy");
        reached.acquire();
        String crowd = engine.newId();
        for (int i = 0; i < 10; i++) {
            engine.send(Send.task(
                    ME, null, dev.millrace.protocol.Message.user("m" + i, "x").in(crowd, null)));
        }
        Sent other = engine.send(Send.chat("you", null, dev.millrace.protocol.Message.user("m", "mine"), null));
        store.close();
        engine.close();
        store = SqliteStore.open(FreshFolder.in(folder));
        // One place is taken by what was running; of the other two, one must be left for the other owner.
        start(this::gated, EngineSettings.defaults().withMaxTurns(3));
        assertThat(engine.task("you", other.taskId()).task().status().state()).isEqualTo(TaskState.WORKING);
        go.release(20);
    }

    @Test
    void what_waited_before_the_crash_is_started_when_what_was_recovered_gives_its_place_back() throws Exception {
        start(this::gated, EngineSettings.defaults().withMaxTurns(1));
        Sent running = chat("a");
        reached.acquire();
        Sent waiting = chat("b");
        crash(this::gated, EngineSettings.defaults().withMaxTurns(1));
        reached.acquire(); // the only place is taken again before anybody looks for who waits
        go.release(2);
        assertThat(answer(ended(waiting))).isEqualTo("first second");
        assertThat(answer(ended(running))).isEqualTo("first second");
    }

    @Test
    void what_an_agent_no_longer_there_should_do_fails_and_says_why() throws Exception {
        start(this::gated);
        Sent sent = chat("x");
        reached.acquire();
        store.close();
        engine.close();
        store = SqliteStore.open(FreshFolder.in(folder));
        engine = new Engine(store, AgentCatalog.of("other", this::whole), EngineSettings.defaults());
        engine.start();
        Task task = ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(reason(task)).contains("there is no agent \"test\"");
    }
}
