package dev.millrace.engine;

/**
 * Code that does a task. It runs on a virtual thread of its own, so it may block; it is interrupted when its task is
 * cancelled or this process drains.
 *
 * <p>Returning completes the task (or leaves it waiting, after {@link Turn#ask}); throwing fails it with the
 * exception's message. After a crash the same task is run again from the start, in a new turn with a higher {@link
 * Turn#attempt}; what it emits then replaces what the earlier attempt had emitted under the same artifact ids.
 */
@FunctionalInterface
public interface Agent {
    void run(Turn turn) throws Exception;
}
