package dev.millrace.agents;

import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import org.jspecify.annotations.Nullable;

/**
 * Passes a model's words on to the turn, each as it comes, and remembers how the answer ended.
 *
 * <p>LangChain4j logs and drops what a handler throws, so nothing is thrown here: what the turn throws is kept, and the
 * stream is stopped.
 */
final class ModelAnswer implements StreamingChatResponseHandler {
    private final Turn turn;
    private final ModelConfig config;
    private final boolean replace;
    private String half = "";
    private boolean spoken;
    private boolean complete;
    private @Nullable FinishReason finish;
    private @Nullable ModelFailure failure;
    private @Nullable Throwable unexpected;
    private @Nullable RuntimeException thrownByTurn;

    /** @param replace whether the first words replace what an earlier try had said */
    ModelAnswer(Turn turn, ModelConfig config, boolean replace) {
        this.turn = turn;
        this.config = config;
        this.replace = replace;
    }

    @Override
    public void onPartialResponse(PartialResponse words, PartialResponseContext context) {
        try {
            say(words.text());
        } catch (RuntimeException e) {
            thrownByTurn = e;
            context.streamingHandle().cancel();
        }
    }

    private void say(String piece) {
        String words = half + piece;
        half = "";
        if (Character.isHighSurrogate(words.charAt(words.length() - 1))) {
            // Half a character cannot be written in UTF-8; its other half comes with the next piece.
            half = words.substring(words.length() - 1);
            words = words.substring(0, words.length() - 1);
        }
        if (words.isEmpty()) {
            return;
        }
        if (replace && !spoken) {
            turn.emit(Artifact.text(turn.answerId(), words));
        } else {
            turn.say(words);
        }
        spoken = true;
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
        finish = response.finishReason();
        TokenUsage used = response.tokenUsage();
        if (used == null) {
            return; // not every server counts
        }
        try {
            turn.used(count(used.inputTokenCount()), count(used.outputTokenCount()), 0);
        } catch (RuntimeException e) {
            thrownByTurn = e;
        }
    }

    private static long count(@Nullable Integer tokens) {
        return tokens == null ? 0 : Math.max(0, tokens);
    }

    @Override
    public void onError(Throwable error) {
        if (unexpected == null) {
            unexpected = error;
        }
    }

    /** Whether anything was said. */
    boolean spoken() {
        return spoken;
    }

    @Nullable FinishReason finish() {
        return finish;
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
                                    + "). Check that the base URL is that of an OpenAI-compatible API.",
                            null,
                            unexpected);
        }
        if (!complete || (finish == null && !done)) {
            return ModelFailures.failure(
                    ModelFailure.Kind.CUT_OFF,
                    "The model's answer ended in the middle: the server at " + config.baseUrl()
                            + " closed the stream without saying that it is done. Send again.");
        }
        if (finish == FinishReason.CONTENT_FILTER) {
            return ModelFailures.failure(
                    ModelFailure.Kind.FILTERED,
                    "The provider's content filter stopped the answer. Put the question differently.");
        }
        if (!spoken) {
            return ModelFailures.failure(
                    ModelFailure.Kind.UNINTELLIGIBLE,
                    finish == FinishReason.LENGTH
                            ? "The model used up its tokens before it said a word. Raise maxTokens."
                            : "The model answered without a word. Send again, or put the question differently.");
        }
        return null;
    }
}
