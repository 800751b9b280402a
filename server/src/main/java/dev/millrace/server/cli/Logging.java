package dev.millrace.server.cli;

import dev.millrace.server.config.BadSetting;
import java.util.Arrays;
import java.util.Locale;
import org.slf4j.event.Level;

/**
 * The process's log: text, on standard error. It is configured through properties, before anybody asks for a logger, and
 * by a file of a name of its own: a program that embeds the server keeps its own logging.
 */
final class Logging {
    /** Held, since java.util.logging forgets a logger that nobody holds, and its level with it. */
    private static final java.util.logging.Logger GRPC = java.util.logging.Logger.getLogger("io.grpc");

    private Logging() {}

    /** Logs from this level up. The last call before the first logger is what counts. */
    static void start(Level level) {
        GRPC.setLevel(java.util.logging.Level.WARNING); // it remarks on the machine's network each time it is used
        System.setProperty("millrace.log.level", level.name());
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "millrace-logback.xml");
        }
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
