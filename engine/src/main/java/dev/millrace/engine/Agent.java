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

    /**
     * Whether A2A clients get the whole answer as one message when it is there, instead of a task that they can follow:
     * for agents whose answers are quick and done with. It must always be the same. What goes wrong, and what the agent
     * asks, is told by the task all the same.
     */
    default boolean repliesWithMessage() {
        return false;
    }

    /**
     * The engine that it runs in starts: called once for each engine, before the first turn. An agent that starts tasks of
     * others keeps it.
     */
    default void attached(Engine engine) {}

    /** The agent that this one stands around, for who wants to know what it is; itself, if it stands around none. */
    default Agent inner() {
        return this;
    }

    /** The same agent, but {@linkplain #repliesWithMessage its answer is a message}. */
    static Agent replying(Agent agent) {
        return new Agent() {
            @Override
            public void run(Turn turn) throws Exception {
                agent.run(turn);
            }

            @Override
            public Agent inner() {
                return agent.inner();
            }

            @Override
            public boolean repliesWithMessage() {
                return true;
            }
        };
    }
}
