package dev.millrace.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.TokenUsage;
import dev.millrace.agents.ModelFailure;
import dev.millrace.agents.Speech;
import dev.millrace.agents.Tokens;
import dev.millrace.engine.Turn;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An answer on its way from LangChain4j's threads to a turn, whose own thread waits for its end.
 *
 * <p>LangChain4j logs and drops what a callback throws, and the stream goes on; so what the turn throws ends the wait, and
 * the stream with it. The handle that stops a stream comes with its events: one that is to be stopped before its first one is
 * stopped by that.
 */
final class Answer {
    private final Turn turn;
    private final boolean saysWhy;
    private final Speech speech;
    private final CompletableFuture<ChatResponse> end = new CompletableFuture<>();
    private volatile boolean stopped;
    private volatile @Nullable StreamingHandle stream;
    private volatile @Nullable RuntimeException thrownByTurn;
    private Tokens told = Tokens.NONE;

    /** @param saysWhy whether an answer that does not say why it ended is not whole */
    Answer(Turn turn, boolean saysWhy) {
        this.turn = turn;
        this.saysWhy = saysWhy;
        speech = new Speech(turn);
    }

    // From LangChain4j's threads, one call at a time.

    void words(String piece, @Nullable StreamingHandle handle) {
        pass(handle, () -> speech.words(piece));
    }

    void thoughts(String piece, @Nullable StreamingHandle handle) {
        pass(handle, () -> speech.thoughts(piece));
    }

    /** @throws CancellationException if the turn is over: LangChain4j then does not run the tool */
    void usesTool(String name) {
        pass(null, () -> turn.status("Using " + name + "."));
        if (stopped) {
            throw new CancellationException("the turn is over");
        }
    }

    /** What one of a service's calls of its model took; the sum comes at the end. */
    void took(@Nullable TokenUsage usage) {
        Tokens tokens = Tokens.of(usage);
        pass(null, () -> tell(told.input() + tokens.input(), told.output() + tokens.output()));
    }

    void whole(ChatResponse response) {
        Tokens all = Tokens.of(response.tokenUsage());
        pass(null, () -> tell(all.input(), all.output()));
        end.complete(response);
    }

    void failed(Throwable thrown) {
        end.completeExceptionally(thrown);
    }

    /** Tells what was not told yet of so much. */
    private void tell(long input, long output) {
        long moreInput = Math.max(0, input - told.input());
        long moreOutput = Math.max(0, output - told.output());
        if (moreInput + moreOutput > 0) {
            told = new Tokens(told.input() + moreInput, told.output() + moreOutput, 0, 0, 0);
            turn.used(moreInput, moreOutput, 0);
        }
    }

    private void pass(@Nullable StreamingHandle handle, Runnable emit) {
        if (handle != null) {
            stream = handle; // before stopped is read, as stop() writes that before it reads this: one of the two
            // cancels
        }
        if (stopped) {
            cancel(handle);
            return;
        }
        try {
            emit.run();
        } catch (RuntimeException e) {
            thrownByTurn = e;
            stop();
        }
    }

    // From the turn's threads.

    /**
     * Begins, and waits for the end.
     *
     * @throws ModelFailure if there is no answer, or no whole one
     * @throws InterruptedException if the turn is over
     */
    void await(Start start) throws ModelFailure, InterruptedException {
        turn.onCancel(this::stop);
        if (stopped) {
            throw new InterruptedException("the turn is over");
        }
        try {
            start.run();
        } catch (Exception e) {
            failed(e); // if nothing else ended it before
        }
        try {
            ChatResponse whole = end.get();
            if (saysWhy && whole.finishReason() == null) {
                throw ModelFailure.cutOff();
            }
            speech.end(whole);
        } catch (CancellationException over) {
            if (thrownByTurn != null) {
                throw thrownByTurn;
            }
            throw new InterruptedException("the turn is over");
        } catch (ExecutionException e) {
            throw ModelFailure.thrown(e.getCause() == null ? e : e.getCause());
        } finally {
            stop();
        }
    }

    /** Ends the wait, and the stream if it can be ended. Any thread; idempotent. */
    private void stop() {
        stopped = true;
        boolean early = end.cancel(false);
        if (early) {
            cancel(stream);
        }
    }

    private static void cancel(@Nullable StreamingHandle handle) {
        if (handle != null && !handle.isCancelled()) {
            try {
                handle.cancel();
            } catch (UnsupportedFeatureException goesOn) {
                // Its words are dropped.
            }
        }
    }

    /** Sets a model to work. */
    @FunctionalInterface
    interface Start {
        void run() throws Exception;
    }
}
