package dev.millrace.langchain4j;

import static org.awaitility.Awaitility.await;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** An agent in a real engine, and its one user. */
final class RunningAgent implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final Engine engine;
    private final AtomicInteger messages = new AtomicInteger();

    RunningAgent(Agent agent) throws Exception {
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
    }

    Sent begin(String text) {
        return engine.send(Send.chat("me", null, message(text), null));
    }

    Sent goOn(Sent before, String text) {
        return engine.send(Send.next("me", message(text).in(before.contextId(), null)));
    }

    private Message message(String text) {
        return Message.user("m" + messages.incrementAndGet(), text);
    }

    Task task(Sent sent) {
        return engine.task("me", sent.taskId()).task();
    }

    Task ended(Sent sent) {
        await().atMost(PATIENCE).until(() -> task(sent).status().state().terminal());
        return task(sent);
    }

    /** What it says so far, in the artifact of that id; "" = there is none. */
    String said(Sent sent, String artifactId) {
        return task(sent).artifacts().stream()
                .filter(artifact -> artifact.artifactId().equals(artifactId))
                .map(Artifact::text)
                .findFirst()
                .orElse("");
    }

    void awaitSaid(Sent sent, String answer) {
        await().atMost(PATIENCE).until(() -> said(sent, "answer").equals(answer));
    }

    Usage usage(Sent sent) {
        return engine.chats().usage("me", sent.contextId());
    }

    @Override
    public void close() {
        engine.close();
    }
}
