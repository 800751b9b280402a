package dev.millrace.agents;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.millrace.engine.Span;
import dev.millrace.engine.Turn;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls models, again if that may help.
 *
 * @param logContent whether what they are told and say is logged
 */
record ModelCalls(
        ModelConnections connections,
        StreamingModels models,
        Pause pause,
        Supplier<ModelObserver> observer,
        boolean logContent) {
    private static final Logger log = LoggerFactory.getLogger(ModelCalls.class);

    /**
     * The whole answer, or null if the turn is over.
     *
     * @throws ModelFailure if the last try failed
     */
    @Nullable ModelAnswer ask(
            Turn turn, ModelConfig model, @Nullable Effort effort, ChatRequest request, Step step, Marks.Kind kind)
            throws ModelFailure, InterruptedException {
        told(turn, model, request);
        for (int attempt = 1; ; attempt++) {
            long begun = System.nanoTime();
            var answer = new ModelAnswer(turn, model, step, kind);
            ModelFailure failure = ask(turn, model, effort, request, answer);
            tell(model, failure == null ? null : failure.kind(), begun, answer.firstAt(), answer.tokens());
            if (turn.cancelled()) {
                return null;
            }
            if (failure == null) {
                step.done();
                said(turn, model, answer.message());
                return answer;
            }
            Duration wait = model.retry().after(failure, attempt);
            log.info(
                    "task {}: try {} of {} failed, {}: {}",
                    turn.taskId(),
                    attempt,
                    model.id(),
                    failure.kind(),
                    wait == null ? "giving up" : "again in " + wait.toMillis() + " ms");
            if (wait == null) {
                throw failure;
            }
            turn.status(failure.getMessage() + " Trying again.");
            step.tryAgain();
            pause.of(wait);
        }
    }

    /** Before a call: logs what the model is told, where that is switched on. */
    void told(Turn turn, ModelConfig model, ChatRequest request) {
        if (logContent) {
            log.info("task {}: {} is told {}", turn.taskId(), model.id(), request.messages());
        }
    }

    /** After one that went well: logs what the model said, where that is switched on. */
    void said(Turn turn, ModelConfig model, @Nullable AiMessage answer) {
        if (logContent) {
            log.info("task {}: {} says {}", turn.taskId(), model.id(), answer);
        }
    }

    /**
     * One try has ended; for those who count. Times are of {@link System#nanoTime}.
     *
     * @param failure null = it went well
     * @param firstAt 0 = the model said nothing
     */
    void tell(ModelConfig model, ModelFailure.@Nullable Kind failure, long begun, long firstAt, Tokens tokens) {
        ModelObserver told = observer.get();
        told.asked(
                model.id(),
                failure,
                firstAt == 0 ? null : Duration.ofNanos(firstAt - begun),
                Duration.ofNanos(System.nanoTime() - begun));
        if (!tokens.equals(Tokens.NONE)) {
            told.used(model.id(), tokens, model.cost(tokens));
        }
    }

    /** One try, in a span of its own; what came of it, null for a whole answer or a turn that is over. */
    private @Nullable ModelFailure ask(
            Turn turn, ModelConfig model, @Nullable Effort effort, ChatRequest request, ModelAnswer answer)
            throws InterruptedException {
        Span asking = Span.current();
        if (asking == Span.NONE) {
            return once(turn, model, effort, request, answer);
        }
        try (Span span = asking.child(Span.Kind.CLIENT, "chat " + model.id())) {
            span.note("gen_ai.operation.name", "chat")
                    .note("gen_ai.provider.name", model.provider().name().toLowerCase(Locale.ROOT))
                    .note("gen_ai.request.model", model.model());
            Optional<ModelFailure> failure = span.<Optional<ModelFailure>, InterruptedException>within(
                    () -> Optional.ofNullable(once(turn, model, effort, request, answer)));
            failure.ifPresent(why -> span.failed(why.kind().name()));
            return failure.orElse(null);
        }
    }

    private @Nullable ModelFailure once(
            Turn turn, ModelConfig model, @Nullable Effort effort, ChatRequest request, ModelAnswer answer)
            throws InterruptedException {
        var exchange = new ModelExchange(connections, model, answer::nothingMore);
        turn.onCancel(exchange::stop);
        try {
            models.ask(model, effort, exchange, request, answer);
        } catch (RuntimeException e) {
            if (exchange.begun()) {
                answer.onError(e);
            } else if (exchange.failure() == null && exchange.interrupt() == null) {
                // The request itself: something in it that this provider's models do not take.
                return new ModelFailure(
                        ModelFailure.Kind.REFUSED,
                        "The model " + model.id() + " can't be asked this: " + e.getMessage(),
                        null,
                        e);
            }
        }
        answer.nothingMore(exchange::stop);
        if (exchange.interrupt() != null) {
            throw exchange.interrupt();
        }
        if (answer.thrownByTurn() != null) {
            throw answer.thrownByTurn();
        }
        if (exchange.stopped()) {
            return null;
        }
        return exchange.failure() != null ? exchange.failure() : answer.failure(exchange.done());
    }
}
