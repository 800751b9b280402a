package dev.millrace.agents;

import dev.millrace.engine.Span;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** Runs the tools that a model called at once: all at the same time, each result emitted when it is there. */
final class ToolRuns {
    private final Turn turn;
    private final AgentConfig.Limits limits;
    private final ModelObserver observer;

    ToolRuns(Turn turn, AgentConfig.Limits limits, ModelObserver observer) {
        this.turn = turn;
        this.limits = limits;
        this.observer = observer;
    }

    /** A call that is on record, and the tool that is to run it. */
    record Planned(Step step, int index, ToolCall call, Tool tool) {}

    /**
     * The results, in the order of the calls.
     *
     * @throws InterruptedException if the turn is over; the tools are interrupted
     */
    List<Message> run(List<Planned> calls) throws InterruptedException {
        List<Run> runs = calls.stream().map(Run::new).toList();
        boolean waits = calls.stream().anyMatch(call -> call.tool().waitsForTasks());
        try (Turn.Loan loan = waits ? turn.lend() : () -> {}) {
            runs.forEach(Run::start);
            var results = new ArrayList<Message>();
            for (Run run : runs) {
                results.add(run.await());
            }
            return results;
        } finally {
            runs.forEach(Run::stop);
        }
    }

    private final class Run {
        private final Planned planned;
        private final Duration timeout;
        private final AtomicBoolean over = new AtomicBoolean();
        private final CompletableFuture<Message> result = new CompletableFuture<>();
        private final long begun = System.nanoTime();
        private final Span asking = Span.current();
        private final Thread thread;

        Run(Planned planned) {
            this.planned = planned;
            Duration own = planned.tool().timeout();
            timeout = own == null ? limits.toolTimeout() : own;
            thread = Thread.ofVirtual().name("tool-" + planned.call().id()).unstarted(this::call);
        }

        void start() {
            thread.start();
        }

        void stop() {
            if (!result.isDone()) {
                thread.interrupt();
            }
        }

        private void call() {
            ToolResult outcome = asking == Span.NONE ? outcome() : recorded();
            if (!over.compareAndSet(false, true)) {
                return;
            }
            if (outcome.error() != null && turn.cancelled()) {
                // The interrupt is what failed, and not the tool: what became of the call is said by whoever takes it
                // up.
                result.completeExceptionally(new IllegalStateException("the turn was stopped"));
            } else {
                tell(outcome);
            }
        }

        private ToolResult recorded() {
            String name = planned.call().name();
            try (Span span = asking.child(Span.Kind.INTERNAL, "execute_tool " + name)) {
                span.note("gen_ai.operation.name", "execute_tool")
                        .note("gen_ai.tool.name", name)
                        .note("gen_ai.tool.call.id", planned.call().id());
                ToolResult outcome = span.<ToolResult, RuntimeException>within(this::outcome);
                if (outcome.error() != null) {
                    span.failed("tool_error");
                }
                return outcome;
            }
        }

        private ToolResult outcome() {
            String id = planned.call().id();
            try {
                return ToolResult.of(
                        id,
                        cut(planned.tool()
                                .call(new Tool.Call(
                                        planned.call().arguments(),
                                        turn.taskId() + "/" + planned.step().resultId(planned.index()),
                                        turn.owner(),
                                        turn.contextId(),
                                        turn.taskId()))));
            } catch (Throwable e) {
                // Every one: whatever a tool does, the model is told and goes on.
                String message = e.getMessage();
                return ToolResult.failed(
                        id,
                        cut(
                                message == null || message.isBlank()
                                        ? "it failed: " + e.getClass().getSimpleName()
                                        : message));
            }
        }

        Message await() throws InterruptedException {
            long left = timeout.toNanos() - (System.nanoTime() - begun);
            try {
                return result.get(Math.max(0, left), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                if (over.compareAndSet(false, true)) { // before the interrupt, which a tool may answer with a result
                    thread.interrupt();
                    tell(ToolResult.failed(
                            planned.call().id(),
                            "given up after " + timeout.toMillis() + " ms; whether it was done is not known"));
                }
                return result.join();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException thrownByTurn) {
                    throw thrownByTurn;
                }
                throw new IllegalStateException(e.getCause());
            }
        }

        private void tell(ToolResult outcome) {
            observer.ran(planned.call().name(), outcome.error() != null, Duration.ofNanos(System.nanoTime() - begun));
            try {
                result.complete(emit(planned.step(), planned.index(), planned.call(), outcome, begun));
            } catch (RuntimeException thrownByTurn) {
                result.completeExceptionally(thrownByTurn);
            }
        }
    }

    /** Puts a result on record that no tool gave. */
    static Message emit(Step step, int index, ToolCall call, ToolResult outcome) {
        return emit(step, index, call, outcome, 0);
    }

    private static Message emit(Step step, int index, ToolCall call, ToolResult outcome, long begun) {
        var marks = Marks.object().put("tool", call.name());
        if (begun != 0) {
            marks.put("ms", Duration.ofNanos(System.nanoTime() - begun).toMillis());
        }
        return step.record(new Artifact(
                step.resultId(index),
                call.name(),
                null,
                List.of(ToolResult.part(List.of(outcome))),
                Marks.of(Marks.Kind.RESULT, marks),
                List.of(ToolCall.EXTENSION)));
    }

    private JsonNode cut(JsonNode result) {
        String text = result.isString() ? result.stringValue() : result.toString();
        return text.length() <= limits.resultLength() ? result : StringNode.valueOf(cut(text));
    }

    private String cut(String text) {
        int most = limits.resultLength();
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        return text.substring(0, end) + "\n[The result is cut here: " + (text.length() - end) + " of " + text.length()
                + " characters are left out. Ask for less at a time.]";
    }
}
