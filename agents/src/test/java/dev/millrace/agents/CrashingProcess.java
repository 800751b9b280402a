package dev.millrace.agents;

import static org.awaitility.Awaitility.await;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import tools.jackson.databind.node.StringNode;

/** A server of its own that is killed while a tool runs. */
final class CrashingProcess {
    private CrashingProcess() {}

    /** Arguments: the store's folder, the model's URL. Prints the task, and each tool that runs. */
    public static void main(String[] arguments) throws Exception {
        try (var engine = engine(Path.of(arguments[0]), URI.create(arguments[1]), call -> {
            System.out.println("runs " + call.key());
            new CountDownLatch(1).await();
            return StringNode.valueOf("never");
        })) {
            engine.start();
            Sent sent = engine.send(Send.chat("me", null, Message.user("m1", "go"), null));
            System.out.println("task " + sent.taskId() + " " + sent.contextId());
            await().forever()
                    .until(() -> !engine.standing("me", sent.contextId())
                            .orElseThrow()
                            .calls()
                            .isEmpty());
            System.out.println("asked");
            new CountDownLatch(1).await();
        }
    }

    /** With a tool that must not be run twice, one that may, and one that asks first. */
    static Engine engine(Path folder, URI model, ScriptedTool.Does does) throws Exception {
        var agent = new ModelAgent(AgentConfig.of(ModelConfig.of(model, null, "small"))
                .withTools(
                        ScriptedTool.of("pay", does),
                        ScriptedTool.of("look", does).onlyLooks(),
                        ScriptedTool.of("sign", does).withApproval()));
        return new Engine(SqliteStore.open(folder), AgentCatalog.of("test", agent), EngineSettings.defaults());
    }
}
