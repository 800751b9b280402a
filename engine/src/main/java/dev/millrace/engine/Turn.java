package dev.millrace.engine;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an agent holds while it runs one task: the message, the history, and the ways to emit.
 *
 * <p>A turn is fenced: once its task was cancelled, or was given to another worker, every method that emits throws
 * {@link TurnLost} and nothing more of it is written. Emitting methods may be called from any thread; they return once the event is queued (at most {@value #PENDING_EVENTS} events wait, then they block), and
 * {@link #flush} waits until all are committed. Events are committed and shown in the order of the calls.
 */
public interface Turn {
    /** How many emitted events may wait for the store before emitting blocks. */
    int PENDING_EVENTS = 1024;

    /** The artifact that {@link #say} writes to while the task has asked nothing. */
    String ANSWER = "answer";

    /** The field of a message's metadata that is true for what {@link #status} told. */
    String PROGRESS = "progress";

    String contextId();

    String taskId();

    /** Who owns the context. */
    String owner();

    /** 1 for the first run on {@link #message}, higher when it is taken up again after a crash. */
    int attempt();

    /** What the message was sent in, as {@link Engine#cause} has it; {@link Span#NONE} if that is not known here. */
    default Span cause() {
        return Span.NONE;
    }

    /** The message to answer. */
    Message message();

    /**
     * The conversation before {@link #message}: the users' messages and the agents' answers, oldest first. Each tool call in
     * it has a result, behind it or in {@link #message}; one that was interrupted has {@link ToolResult#INTERRUPTED}. Reads
     * the store once, when first called.
     */
    List<Message> history();

    /**
     * What earlier attempts at {@link #message} have said before they were lost, oldest first: an agent that works in steps
     * goes on behind the last one that is whole. Nothing, for the first attempt. Reads the store each time.
     */
    default List<Message> saidBefore() {
        return List.of();
    }

    /**
     * The id of the artifact that {@link #say} writes to: {@value #ANSWER}, and after the user has answered a question of
     * the task, one for each answer, so that what was said before stays.
     */
    default String answerId() {
        return ANSWER;
    }

    /** Appends text to the artifact {@link #answerId}. Empty text is ignored. */
    default void say(String text) {
        artifact(answerId()).say(text);
    }

    /**
     * The artifact with this id, to be streamed into; the same object for the same id. What a turn first says to an
     * artifact begins it, and replaces what an earlier turn of the task said to the same id.
     */
    ArtifactStream artifact(String artifactId);

    /** Emits a whole artifact; it replaces one with the same id. What is said to that artifact later is appended. */
    void emit(Artifact artifact);

    /**
     * Tells readers what the agent is doing: a WORKING status with a message. It may be found in the {@link #history} later,
     * with {@link #PROGRESS} in its metadata.
     */
    void status(String text);

    /**
     * Tells what a call of a model took, for the usage of the chat and of its owner; what is told several times adds up.
     *
     * @param inputTokens that the model read
     * @param outputTokens that it wrote
     * @param costMicros in millionths of whatever unit the agent counts in; 0 = not known
     * @throws IllegalArgumentException if one is negative
     */
    default void used(long inputTokens, long outputTokens, long costMicros) {}

    /** Asks the user: when {@code run} returns, the task waits in INPUT_REQUIRED, and the answer starts a new turn.
     * Without an answer within {@link EngineSettings#answerWithin} the task fails. */
    void ask(String question);

    /**
     * Asks the user's client to run tools, and waits like {@link #ask(String)}. The answer holds one result for each call,
     * which {@link ToolResult#in} reads off the message of the next turn; an answer that does not is refused, and the
     * task waits on. If the task is stopped instead, the history has an "interrupted" result for each call.
     *
     * @param says what the user is told beside; empty = nothing
     * @param calls at least one, each with an id of its own
     * @throws IllegalArgumentException if there are none, or two have the same id
     */
    void ask(String says, List<ToolCall> calls);

    /**
     * The same, but who does not answer in time does not fail the task: each call is then answered with the error {@link
     * ToolResult#LAPSED}, and the agent goes on.
     *
     * @param within how long to wait for an answer
     */
    default void ask(String says, List<ToolCall> calls, Duration within) {
        ask(says, calls);
    }

    /** Asks for credentials: like {@link #ask}, in AUTH_REQUIRED. */
    void askForAuth(String request);

    /** Refuses the task: when {@code run} returns it is REJECTED with this reason. */
    void reject(String reason);

    /**
     * True once the task was cancelled or taken away, or the process stops; the thread of {@code run} was interrupted,
     * too. An agent that sees this returns, or throws; if the process stops, the task is then run again by the next one.
     */
    boolean cancelled();

    /**
     * True once the task itself has ended under the turn: it was cancelled, or deleted. What was begun for it elsewhere can
     * be stopped then; while it is only taken up by another process, it can not.
     */
    default boolean taskEnded() {
        return false;
    }

    /**
     * Runs {@code action} when the turn is cancelled or taken away, on a thread of its own; at once, and on the caller's
     * thread, if that was already so.
     */
    void onCancel(Runnable action);

    /**
     * Lends this turn's place among the turns of the process to others, until the loan is closed: for a turn that does
     * nothing but wait for other tasks, which may need one. It goes on at once when they are done, whether or not a place
     * is free then.
     */
    default Loan lend() {
        return () -> {};
    }

    /** A place that is lent. */
    @FunctionalInterface
    interface Loan extends AutoCloseable {
        /** Takes the place back. Never blocks; idempotent. */
        @Override
        void close();
    }

    /** Waits until everything emitted so far is committed and shown to readers. */
    void flush() throws InterruptedException;

    /** One artifact that grows by chunks. */
    interface ArtifactStream {
        /** Appends text. Empty text is ignored. */
        void say(String text);

        /** Sets the name that the next chunk announces. */
        ArtifactStream name(String name);

        /** Lays metadata over that of the artifact, at once, and beginning the artifact if it is not there yet. */
        default ArtifactStream annotate(ObjectNode metadata) {
            return this;
        }
    }
}
