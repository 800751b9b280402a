package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Store;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;

/** An engine over a real store, with an agent that waits at gates. */
abstract class WithEngine {
    static final String ME = "me";

    Store store;
    Engine engine;

    /** The gated agent has said its first word. */
    final Semaphore reached = new Semaphore(0);

    /** Lets the gated agent say its second word. */
    final Semaphore go = new Semaphore(0);

    @AfterEach
    final void stop_the_engine() {
        if (engine != null) {
            engine.close();
        } else if (store != null) {
            store.close();
        }
    }

    final void start(Agent agent, EngineSettings settings) throws InterruptedException {
        engine = new Engine(store, AgentCatalog.of("test", agent), settings);
        engine.start();
    }

    final void start(Agent agent) throws InterruptedException {
        start(agent, EngineSettings.defaults());
    }

    /** Says the words of the message one by one. */
    static void echo(Turn turn) {
        for (String word : turn.message().text().split("(?<= )", -1)) {
            turn.say(word);
        }
    }

    final void gated(Turn turn) throws InterruptedException {
        turn.say("first ");
        turn.flush();
        reached.release();
        go.acquire();
        turn.say("second");
    }

    final Sent chat(String text) {
        return engine.send(Send.chat(ME, null, Message.user(engine.newId(), text), null));
    }

    final Sent next(Sent chat, String text) {
        return engine.send(Send.next(ME, Message.user(engine.newId(), text).in(chat.contextId(), null)));
    }

    final Sent answer(Sent asked, String text) {
        return engine.send(Send.next(ME, Message.user(engine.newId(), text).in(asked.contextId(), asked.taskId())));
    }

    final Task task(Sent sent) {
        return engine.task(ME, sent.taskId()).task();
    }

    final TaskState state(Sent sent) {
        return task(sent).status().state();
    }

    /** Reads the journal from {@code after} until the task has ended. */
    final List<Journal.Entry<Event>> readToEnd(Sent sent, long after) throws InterruptedException {
        return readUntil(sent, after, TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELED, TaskState.REJECTED);
    }

    /** Reads the journal from {@code after} until the task is in one of these states. */
    final List<Journal.Entry<Event>> readUntil(Sent sent, long after, TaskState... wanted) throws InterruptedException {
        var seen = new ArrayList<Journal.Entry<Event>>();
        try (Cursor<Event> cursor = engine.read(sent.contextId(), after)) {
            while (!cursor.ended()) {
                for (Journal.Entry<Event> entry : cursor.take(32)) {
                    seen.add(entry);
                    if (sent.taskId().equals(entry.event().taskId())
                            && Arrays.asList(wanted).contains(entry.event().state())) {
                        return seen;
                    }
                }
            }
        }
        throw new AssertionError("the journal ended before task " + sent.taskId() + " did");
    }

    /** The task once it has ended, as a reader from the beginning sees it. */
    final Task ended(Sent sent) throws InterruptedException {
        return fold(readToEnd(sent, 0), sent.taskId());
    }

    static Task fold(List<Journal.Entry<Event>> entries, String taskId) {
        return Events.fold(
                entries.stream().filter(e -> taskId.equals(e.event().taskId())).toList());
    }

    /** The last thing that the task's turns said. */
    static String answer(Task task) {
        return task.artifacts().stream()
                .filter(a -> a.artifactId().startsWith(Turn.ANSWER))
                .reduce("", (before, a) -> a.text(), (a, b) -> b);
    }

    static String text(Task task, String artifactId) {
        return task.artifacts().stream()
                .filter(a -> a.artifactId().equals(artifactId))
                .findFirst()
                .map(a -> a.text())
                .orElse("");
    }

    static String reason(Task task) {
        Message message = task.status().message();
        return message == null ? "" : message.text();
    }
}
