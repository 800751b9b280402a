package dev.millrace.bench.house;

import dev.millrace.agents.EchoAgent;
import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Observer;
import dev.millrace.engine.Stage;
import dev.millrace.engine.store.Store;
import dev.millrace.protocol.Artifact;
import dev.millrace.server.a2a.A2aEndpoints;
import dev.millrace.server.a2a.A2aSettings;
import dev.millrace.server.http.Router;

/** Millrace as it is served, with the echo agent behind a gate. */
final class MillraceHouse {
    /**
     * More than the default: what is measured is how fast events are written, and a task that says 1,000 words in a few
     * milliseconds has ended, and its words are merged into one event, before a thousandth reader was served from the store.
     */
    private static final long TAIL = 2 << 20;

    private MillraceHouse() {}

    static AutoCloseable open(Store store, Controls controls, Router router) throws InterruptedException {
        var echo = new EchoAgent();
        Agent gated = turn -> {
            controls.gate().await();
            if (turn.message().metadata() == null) {
                // In one piece, as the agents do that others are measured with: a count is what comes in pieces.
                turn.emit(
                        Artifact.text(turn.answerId(), "Echo: " + turn.message().text()));
            } else {
                echo.run(turn);
            }
        };
        Observer observer = new Observer() {
            @Override
            public void started(String taskId, long nanos) {
                controls.starts().started(nanos);
            }

            @Override
            public void firstChunk(String taskId) {
                controls.firstWords().started(0);
            }

            @Override
            public void stage(Stage stage, long nanos) {
                controls.stages().took(stage, nanos);
            }
        };
        var engine = new Engine(
                store,
                AgentCatalog.of("echo", gated),
                EngineSettings.defaults().withTailBytes(TAIL).withObserver(observer));
        var a2a = new A2aEndpoints(engine, exchange -> "bench", A2aSettings.version("bench"), null);
        a2a.register(router);
        engine.start();
        a2a.start();
        return engine;
    }
}
