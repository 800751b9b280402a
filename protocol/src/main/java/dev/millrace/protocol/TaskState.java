package dev.millrace.protocol;

/** Where a task stands. On the wire each name starts with {@code TASK_STATE_}. */
public enum TaskState {
    /** Accepted: queued, or about to start. */
    SUBMITTED(1),
    /** An agent works on it. */
    WORKING(2),
    /** Done. Terminal. */
    COMPLETED(3),
    /** Ended by an error. Terminal. */
    FAILED(4),
    /** Ended because somebody asked for it. Terminal. */
    CANCELED(5),
    /** Waits for a message from the user. Interrupted. */
    INPUT_REQUIRED(6),
    /** The agent declined it. Terminal. */
    REJECTED(7),
    /** Waits for credentials. Interrupted. */
    AUTH_REQUIRED(8);

    private final int number;
    private final String wireName;

    TaskState(int number) {
        this.number = number;
        this.wireName = "TASK_STATE_" + name();
    }

    /** True for a state that is never left: the task takes no more messages and its streams close. */
    public boolean terminal() {
        return switch (this) {
            case COMPLETED, FAILED, CANCELED, REJECTED -> true;
            case SUBMITTED, WORKING, INPUT_REQUIRED, AUTH_REQUIRED -> false;
        };
    }

    /** True for a state in which the agent waits for its user; the task goes on with the next message. */
    public boolean interrupted() {
        return this == INPUT_REQUIRED || this == AUTH_REQUIRED;
    }

    /** The value's number in A2A's protocol buffer. */
    public int number() {
        return number;
    }

    /** The name on the wire, such as {@code TASK_STATE_WORKING}. */
    public String wireName() {
        return wireName;
    }
}
