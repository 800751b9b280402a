package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says whether a call that failed is tried again. It must end: the agent adds no bound of its own. */
@FunctionalInterface
public interface ModelRetry {
    /** Each failure is final. */
    ModelRetry NEVER = (failure, attempt) -> null;

    /**
     * How long to wait before the next try; null to give up.
     *
     * @param attempt the try that failed: 1 for the first
     */
    @Nullable Duration after(ModelFailure failure, int attempt);
}
