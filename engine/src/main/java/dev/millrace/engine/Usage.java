package dev.millrace.engine;

import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.time.Instant;

/**
 * What tasks took: of one task, or of all of a context's or an owner's together.
 *
 * <p>Times are those between the changes of a task's state, in milliseconds of the server's clock; the state that a task is
 * in now counts once it leaves it. Tokens and cost are what the agents told ({@link Turn#used}); 0 = nothing was told.
 *
 * @param waitedMillis until somebody worked on it
 * @param workedMillis while its agent worked
 * @param askedMillis while it waited for its user
 * @param inputTokens that models read
 * @param outputTokens that models wrote
 * @param costMicros in millionths of the unit that the agents count in
 */
public record Usage(
        long waitedMillis, long workedMillis, long askedMillis, long inputTokens, long outputTokens, long costMicros) {
    /** Nothing yet. */
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0);

    /** What a turn told, once. */
    static Usage told(long inputTokens, long outputTokens, long costMicros) {
        if (inputTokens < 0 || outputTokens < 0 || costMicros < 0) {
            throw new IllegalArgumentException("what was used is never negative: " + inputTokens + " and "
                    + outputTokens + " tokens, cost " + costMicros);
        }
        return new Usage(0, 0, 0, inputTokens, outputTokens, costMicros);
    }

    /** Both together. */
    public Usage plus(Usage more) {
        return new Usage(
                waitedMillis + more.waitedMillis,
                workedMillis + more.workedMillis,
                askedMillis + more.askedMillis,
                inputTokens + more.inputTokens,
                outputTokens + more.outputTokens,
                costMicros + more.costMicros);
    }

    /** With the time that a task was in a state. A clock that was set back meanwhile takes nothing away. */
    public Usage in(TaskState state, Instant from, Instant to) {
        long millis = Math.max(0, Duration.between(from, to).toMillis());
        return switch (state) {
            case SUBMITTED -> plus(new Usage(millis, 0, 0, 0, 0, 0));
            case WORKING -> plus(new Usage(0, millis, 0, 0, 0, 0));
            case INPUT_REQUIRED, AUTH_REQUIRED -> plus(new Usage(0, 0, millis, 0, 0, 0));
            default -> this;
        };
    }
}
