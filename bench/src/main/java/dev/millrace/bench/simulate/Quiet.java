package dev.millrace.bench.simulate;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Keeps the engine from logging what a simulation does to it: thousands of warnings, all of them as they should be. */
final class Quiet implements AutoCloseable {
    private final @Nullable Logger engine;
    private final @Nullable Level before;

    Quiet() {
        engine = LoggerFactory.getLogger("dev.millrace.engine") instanceof Logger logger ? logger : null;
        before = engine == null ? null : engine.getLevel();
        if (engine != null) {
            engine.setLevel(Level.OFF);
        }
    }

    @Override
    public void close() {
        if (engine != null) {
            engine.setLevel(before);
        }
    }
}
