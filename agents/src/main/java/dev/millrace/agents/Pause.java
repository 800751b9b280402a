package dev.millrace.agents;

import java.time.Duration;

/** Waits for a while; tests put in one that does not. */
@FunctionalInterface
interface Pause {
    void of(Duration time) throws InterruptedException;
}
