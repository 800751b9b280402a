package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says whether a call that failed is tried again. It must end: the agent adds no bound of its own. */
@FunctionalInterface
public interface ModelRetry {
    /** Each failure is final. */
    ModelRetry NEVER = (failure, attempt) -> null;

    /**
     * Tries again what may pass by itself ({@link ModelFailure.Kind#passing}): after 1 s, then after twice as long each time
     * up to 60 s, and never sooner than the server asks for; 25 tries in all, which is about 20 minutes.
     */
    ModelRetry BACKOFF = (failure, attempt) -> {
        if (!failure.kind().passing() || attempt >= 25) {
            return null;
        }
        Duration wait = Duration.ofSeconds(Math.min(60, 1L << Math.min(attempt - 1, 6)));
        Duration asked = failure.retryAfter();
        return asked != null && asked.compareTo(wait) > 0 ? asked : wait;
    };

    /**
     * How long to wait before the next try; null to give up.
     *
     * @param attempt the try that failed: 1 for the first
     */
    @Nullable Duration after(ModelFailure failure, int attempt);
}
