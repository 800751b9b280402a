package dev.millrace.engine;

/** Where the time goes between a user's message and the first thing that is seen of its answer. Each begins where the one before ends, if the agent starts at once. */
public enum Stage {
    /** From the arrival of the request to its being understood: parsed, checked, and asked of the engine. Told by the edge. */
    VALIDATE,
    /** Until the message is committed: decided, and on the disk. It may share its transaction with others. */
    COMMIT,
    /** From the commit that took the task's lease until its turn's thread runs. */
    HAND_OFF,
    /** Until the agent's first instruction: what is left to be read, if the task had waited. */
    AGENT_START,
    /** Until what the agent said first is committed. */
    FIRST_EVENT,
    /** Until that is written into the first reader's stream. Told by the edge, of readers of this process. */
    FIRST_FRAME
}
