package dev.millrace.engine;

/** Where the time goes between a user's message and the first thing that is seen of its answer. Each begins where the one before ends, if the agent starts at once, but for {@link #COMMIT}. */
public enum Stage {
    /** From the arrival of the request to its being understood: parsed, checked, and asked of the engine. Told by the edge. */
    VALIDATE,
    /** Until the message is written: decided, and behind all that was written before. It may share its transaction with others. */
    WRITE,
    /** As {@link #WRITE}, but until it is on the disk, too, and acknowledged; the agent does not wait for that. */
    COMMIT,
    /** From the write that took the task's lease until its turn's thread runs. */
    HAND_OFF,
    /** Until the agent's first instruction: what is left to be read, if the task had waited. */
    AGENT_START,
    /** Until what the agent said first is committed. */
    FIRST_EVENT,
    /** Until that is written into the first reader's stream. Told by the edge, of readers of this process. */
    FIRST_FRAME
}
