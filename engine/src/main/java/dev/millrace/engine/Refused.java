package dev.millrace.engine;

/** The engine does not do what was asked; nothing was changed. The message says what was wrong and what to do. */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why, for a binding to choose its own code. */
    public enum Reason {
        /** There is no such task, or it is somebody else's. */
        NO_TASK,
        /** There is no such context, or it is somebody else's. */
        NO_CONTEXT,
        /** There is no such message in the conversation (any more). */
        NO_MESSAGE,
        /** There is no agent of that name. */
        NO_AGENT,
        /** The task has ended and can't be cancelled. */
        NOT_CANCELABLE,
        /** The conversation is archived, and takes nothing until it is taken out again. */
        ARCHIVED,
        /** The state of the task, or of the conversation, does not allow it. */
        NOT_NOW,
        /** What was sent contradicts itself or what is stored. */
        INVALID,
        /** The results that were sent are not those of the open tool calls: one is missing, unknown, or there twice. */
        WRONG_RESULTS,
        /** The context's queue is full. */
        QUEUE_FULL,
        /** The idempotency key was used for another request. */
        KEY_REUSED,
        /** This process is stopping, or the store can't be written. */
        UNAVAILABLE
    }

    private final Reason reason;

    public Refused(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
