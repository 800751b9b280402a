package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something that a model can have done. A tool is called on a virtual thread of its own, so it may block; several calls, of
 * the same tool too, run at once. It is interrupted when its time is over or its task is stopped.
 *
 * <p>A call is on record before it runs. If the process is lost in the midst of it, the model is told that nobody knows what
 * came of it; only a tool that is {@link #repeatable} is run again, with the same {@link Call#key}.
 */
public interface Tool {
    /** What the model calls it: 1 to 64 letters, digits, dashes and underscores, which all providers take. */
    String name();

    /** What it does and when to use it, for the model. */
    String description();

    /** The JSON Schema of its arguments: of an object. Not to be changed. */
    ObjectNode parameters();

    /**
     * Does it.
     *
     * @return what the model is told: any JSON, a text best as a string
     * @throws Exception whose message the model is told; it may try something else then
     */
    JsonNode call(Call call) throws Exception;

    /** Whether it may be run again when nobody knows whether it was: it only looks, or it knows its {@link Call#key}s. */
    default boolean repeatable() {
        return false;
    }

    /** Whether the user is asked before it runs. */
    default boolean needsApproval() {
        return false;
    }

    /** What a call with these arguments would be done to (a file, an account), for the user who is asked; "" = nothing to name. */
    default String target(ObjectNode arguments) {
        return "";
    }

    /** How long a call may take; null = as the agent has it. */
    default @Nullable Duration timeout() {
        return null;
    }

    /**
     * Whether a call does nothing but wait for other tasks of this server: meanwhile its turn's place among those that run
     * is theirs.
     */
    default boolean waitsForTasks() {
        return false;
    }

    /**
     * One call.
     *
     * @param arguments as the model gave them; they may not follow the schema
     * @param key the same for the same call, whenever it is run; no other call has it
     * @param owner whose task it is
     * @param contextId the conversation
     * @param taskId the task
     */
    record Call(ObjectNode arguments, String key, String owner, String contextId, String taskId) {}
}
