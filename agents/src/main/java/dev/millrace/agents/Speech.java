package dev.millrace.agents;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.millrace.engine.Turn;
import org.jspecify.annotations.Nullable;

/**
 * What a model of LangChain4j says in one turn, passed on as it comes: for agents of one's own that hold the model
 * themselves. Words go to the turn's answer and reasoning to an artifact beside it, both marked as a {@link ModelAgent}
 * marks them, so that {@link Conversation} tells them apart later. What a lost attempt of the task has said is replaced.
 *
 * <p>Any thread, one call at a time. Every method throws {@link dev.millrace.engine.TurnLost} once the turn may write no
 * more.
 */
public final class Speech {
    private final Turn turn;
    private final Step step;
    private final WholeCharacters words = new WholeCharacters();
    private final WholeCharacters thoughts = new WholeCharacters();
    private boolean wordless = true;

    public Speech(Turn turn) {
        this.turn = turn;
        step = new Step(turn, 1, Resumed.of(turn.saidBefore()).left());
    }

    /** The next piece of the answer. */
    public void words(String piece) {
        String text = words.plus(piece);
        if (!text.isEmpty()) {
            wordless = false;
            step.say(step.answerId(), Marks.Kind.ANSWER, text);
        }
    }

    /** The next piece of the reasoning. */
    public void thoughts(String piece) {
        String text = thoughts.plus(piece);
        if (!text.isEmpty()) {
            step.say(step.reasoningId(), Marks.Kind.REASONING, text);
        }
    }

    /**
     * The answer has ended, whole or not: its text is said if no piece of it was.
     *
     * @throws ModelFailure if it is none: without a word, or stopped by the provider's filter
     */
    public void end(ChatResponse whole) throws ModelFailure {
        String text = whole.aiMessage().text();
        if (wordless && text != null) {
            words(text); // of a model that does not stream
        }
        @Nullable FinishReason finish = whole.finishReason();
        ModelFailure failure = ModelFailures.ofEnd(finish, wordless);
        if (failure != null) {
            throw failure;
        }
        step.done();
        if (finish == FinishReason.LENGTH) {
            turn.status(ModelTurn.CUT_SHORT);
        }
    }
}
