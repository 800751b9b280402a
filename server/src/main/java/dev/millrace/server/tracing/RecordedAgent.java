package dev.millrace.server.tracing;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Span;
import dev.millrace.engine.Turn;
import dev.millrace.engine.TurnLost;
import java.util.Optional;
import org.slf4j.MDC;

/** An agent each of whose turns is a span: of the request that it answers, or, if that is not known here, of its own. */
record RecordedAgent(String name, Agent agent, Tracing tracing) implements Agent {

    @Override
    public void run(Turn turn) throws Exception {
        Span cause = turn.cause();
        String called = "turn " + name;
        try (Span span = cause == Span.NONE
                        ? tracing.begin(Span.Kind.INTERNAL, called, header -> Optional.empty())
                        : cause.child(Span.Kind.INTERNAL, called);
                var _ = MDC.putCloseable("trace", span.traceId())) {
            span.note("gen_ai.operation.name", "invoke_agent")
                    .note("gen_ai.agent.name", name)
                    .note("gen_ai.conversation.id", turn.contextId())
                    .note("millrace.task.id", turn.taskId())
                    .note("millrace.attempt", turn.attempt());
            try {
                span.<Turn, Exception>within(() -> {
                    agent.run(turn);
                    return turn;
                });
            } catch (TurnLost e) {
                throw e; // cancelled, or taken away
            } catch (Throwable e) {
                span.failed(e.getClass().getName());
                throw e;
            }
        }
    }

    @Override
    public Agent inner() {
        return agent.inner();
    }
}
