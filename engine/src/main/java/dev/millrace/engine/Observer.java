package dev.millrace.engine;

import dev.millrace.protocol.TaskState;

/** Told of what the engine does, for metrics and benchmarks. Called on hot paths: be quick, never block or throw. */
public interface Observer {
    Observer NONE = new Observer() {};

    /** A send was acknowledged, {@code nanos} after it was asked for; it was committed a little before. */
    default void sent(long nanos) {}

    /** A stage took so long. Nothing is allocated on the way here. */
    default void stage(Stage stage, long nanos) {}

    /** An agent's first instruction ran, {@code nanos} after the write that took its lease. */
    default void started(String taskId, long nanos) {}

    /** What a turn emitted first was committed and is on its way to every reader. */
    default void firstChunk(String taskId) {}

    /** A task came to a terminal or interrupted state, {@code nanos} after its agent started. */
    default void ended(String taskId, TaskState state, long nanos) {}

    /** A task was taken up again because its worker was lost. */
    default void recovered(String taskId, int attempt) {}
}
