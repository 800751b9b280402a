package dev.millrace.server.cli;

import dev.millrace.server.config.BadSetting;
import java.util.List;
import java.util.Locale;

/**
 * The process's log: text, on standard error. It is configured through properties, before anybody asks for a logger, and
 * by a file of a name of its own: a program that embeds the server keeps its own logging.
 */
final class Logging {
    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    private Logging() {}

    /** @throws BadSetting if there is no such level */
    static void start(String setting, String level) {
        String name = level.toUpperCase(Locale.ROOT);
        if (!LEVELS.contains(name)) {
            throw new BadSetting(setting, "must be one of " + String.join(", ", LEVELS) + ", not " + level);
        }
        System.setProperty("millrace.log.level", name);
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "millrace-logback.xml");
        }
    }
}
