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
    private Logging() {}

    /** Logs from this level up. The last call before the first logger is what counts. */
    static void start(Level level) {
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
