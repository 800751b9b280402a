package dev.millrace.agents;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.millrace.engine.Turn;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Passes a model's words, reasoning and the arguments of its calls on to the turn, each as it comes, and remembers how the
 * answer ended.
 *
 * <p>LangChain4j logs and drops what a handler throws, so nothing is thrown here: what the turn throws is kept, and the
 * stream is stopped.
 */
final class ModelAnswer implements StreamingChatResponseHandler {
    private final Turn turn;
    private final ModelConfig config;
    private final Step step;
    private final Marks.Kind kind;
    private final WholeCharacters words = new WholeCharacters();
    private final WholeCharacters thoughts = new WholeCharacters();
    private final Pieces pieces = new Pieces();
    private final Map<Integer, Integer> callIndexes = new HashMap<>();
    private final StringBuilder said = new StringBuilder();
    private boolean complete;
    private @Nullable AiMessage message;
    private @Nullable FinishReason finish;
    private @Nullable ModelFailure failure;
    private @Nullable Throwable unexpected;
    private @Nullable RuntimeException thrownByTurn;
    private Tokens tokens = Tokens.NONE;
    private long firstAt;

    /** @param kind what its words are: an answer, or a summary */
    ModelAnswer(Turn turn, ModelConfig config, Step step, Marks.Kind kind) {
        this.turn = turn;
        this.config = config;
        this.step = step;
        this.kind = kind;
    }

    ModelConfig model() {
        return config;
    }

    /** Where its words go. */
    String id() {
        return kind == Marks.Kind.SUMMARY ? step.summaryId() : step.answerId();
    }

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
        careful(context.streamingHandle(), () -> {
            String text = words.plus(piece.text());
            if (!text.isEmpty()) {
                said.append(text);
                pieces.add(id(), text, more -> step.say(id(), kind, more));
            }
        });
    }

    @Override
    public void onPartialThinking(PartialThinking piece, PartialThinkingContext context) {
        careful(context.streamingHandle(), () -> {
            String text = thoughts.plus(piece.text());
            if (!text.isEmpty()) {
                String id = step.reasoningId();
                pieces.add(id, text, more -> step.say(id, Marks.Kind.REASONING, more));
            }
        });
    }

    @Override
    public void onPartialToolCall(PartialToolCall piece, PartialToolCallContext context) {
        careful(context.streamingHandle(), () -> {
            String arguments = piece.partialArguments();
            if (arguments != null && !arguments.isEmpty()) {
                // Some providers count calls alone, some all that they say.
                int index = callIndexes.computeIfAbsent(piece.index(), given -> callIndexes.size());
                pieces.add(index, arguments, more -> step.sayOfCall(index, piece.id(), piece.name(), more));
            }
        });
    }

    /**
     * The stream has nothing more for now, or has ended.
     *
     * @param stop ends it, where the turn can write no more
     */
    void nothingMore(Runnable stop) {
        careful(stop, pieces::flush);
    }

    private void careful(StreamingHandle stream, Runnable emit) {
        if (firstAt == 0) {
            firstAt = System.nanoTime();
        }
        careful(stream::cancel, emit);
    }

    private void careful(Runnable stop, Runnable emit) {
        if (thrownByTurn != null) {
            return;
        }
        try {
            emit.run();
        } catch (RuntimeException e) {
            thrownByTurn = e;
            stop.run();
        }
    }

    @Override
    public void onUnmappedRawEvent(Object event) {
        // Some servers answer 200 and put the error into the stream, where LangChain4j sees nothing to do.
        if (failure == null && event instanceof ServerSentEvent raw) {
            failure = ModelFailures.inStream(raw.data(), config);
        }
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
        complete = true;
        message = response.aiMessage();
        finish = response.finishReason();
        tokens = Tokens.of(response.tokenUsage());
        if (tokens.equals(Tokens.NONE)) {
            return;
        }
        try {
            turn.used(tokens.input(), tokens.output(), cost());
        } catch (RuntimeException e) {
            thrownByTurn = e;
        }
    }

    /** When the model said the first of it, by {@link System#nanoTime}; 0 = it said nothing. */
    long firstAt() {
        return firstAt;
    }

    /** In millionths of the unit of the model's prices. */
    long cost() {
        return config.cost(tokens);
    }

    @Override
    public void onError(Throwable error) {
        if (unexpected == null) {
            unexpected = error;
        }
    }

    /** The whole answer; null if there is none. */
    @Nullable AiMessage message() {
        return message;
    }

    /** What it said to its user. */
    String said() {
        return said.toString();
    }

    Tokens tokens() {
        return tokens;
    }

    @Nullable FinishReason finish() {
        return finish;
    }

    /** Which model it was, what it took and why it ended, for readers. */
    ObjectNode account() {
        ObjectNode account = Marks.object().put("model", config.id());
        if (finish != null) {
            account.put("finish", finish.name().toLowerCase(java.util.Locale.ROOT));
        }
        if (!tokens.equals(Tokens.NONE)) {
            account.putObject("usage")
                    .put("inputTokens", tokens.input())
                    .put("cachedTokens", tokens.cached())
                    .put("cacheWriteTokens", tokens.cacheWrites())
                    .put("outputTokens", tokens.output())
                    .put("reasoningTokens", tokens.reasoning())
                    .put("costMicros", cost());
        }
        return account;
    }

    /** What the turn threw; null if it took everything. */
    @Nullable RuntimeException thrownByTurn() {
        return thrownByTurn;
    }

    /** Why this is not a whole answer, as far as its content tells; null if it is one. */
    @Nullable ModelFailure failure(boolean done) {
        if (failure != null) {
            return failure;
        }
        if (unexpected != null) {
            ModelFailure inStream = ModelFailures.inStream(String.valueOf(unexpected.getMessage()), config);
            return inStream != null
                    ? inStream
                    : new ModelFailure(
                            ModelFailure.Kind.UNINTELLIGIBLE,
                            "The model at " + config.baseUrl() + " sent something that is not an answer ("
                                    + unexpected.getClass().getSimpleName()
                                    + "). Check that the base URL is that of the API of "
                                    + config.provider().wireName() + ".",
                            null,
                            unexpected);
        }
        if (!complete || (finish == null && !done)) {
            return ModelFailures.failure(
                    ModelFailure.Kind.CUT_OFF,
                    "The model's answer ended in the middle: the server at " + config.baseUrl()
                            + " closed the stream without saying that it is done. Send again.");
        }
        return ModelFailures.ofEnd(finish, said.isEmpty() && (message == null || !message.hasToolExecutionRequests()));
    }
}
