package dev.millrace.server.cli;

import dev.millrace.server.LogOfLastResort;
import dev.millrace.server.config.BadSetting;
import java.util.Arrays;
import java.util.Locale;
import org.slf4j.event.Level;

/**
 * The process's log: text, on standard error. Its level is told by a property, before anybody asks for a logger.
 */
final class Logging {
    /** Held, since java.util.logging forgets a logger that nobody holds, and its level with it. */
    private static final java.util.logging.Logger GRPC = java.util.logging.Logger.getLogger("io.grpc");

    private Logging() {}

    /** Logs from this level up. The last call before the first logger is what counts. */
    static void start(Level level) {
        GRPC.setLevel(java.util.logging.Level.WARNING); // it remarks on the machine's network each time it is used
        System.setProperty(LogOfLastResort.LEVEL, level.name());
    }

    /** @throws BadSetting if there is no such level */
    static Level level(String setting, String name) {
        try {
            return Level.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new BadSetting(setting, "must be one of " + Arrays.toString(Level.values()) + ", not " + name);
        }
    }
}
