package dev.millrace.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import java.util.List;

/**
 * The log of {@code millrace}, and of a program that embeds the server and has no logging configuration of its own: warnings
 * and news as text on standard error, where Logback by itself would print every library's debugging to standard output.
 *
 * <p>Logback finds it as a service and asks it before it looks for configuration files, so it looks for them itself. What it
 * sets up it sets up in code: to read it from a file took a twentieth of a start.
 */
@ConfiguratorRank(ConfiguratorRank.FALLBACK + 1)
public final class LogOfLastResort extends ContextAwareBase implements Configurator {
    /** The property with the level that {@code millrace} logs from; set, the log is its own, whatever files there are. */
    public static final String LEVEL = "millrace.log.level";

    private static final String PATTERN =
            "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%replace( [%X]){'^ \\[\\]$', ''}%n";

    /** The last tells each time that a server had closed a connection that was kept; that is as it should be. */
    private static final List<String> QUIETER = List.of("org.eclipse.jetty", "org.flywaydb", "org.apache.hc");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        String level = System.getProperty(LEVEL);
        if (System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY) != null
                || (level == null && fileOfTheProgram())) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        log(context, Level.toLevel(level, Level.INFO));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static boolean fileOfTheProgram() {
        return there(ClassicConstants.TEST_AUTOCONFIG_FILE) || there(ClassicConstants.AUTOCONFIG_FILE);
    }

    private static boolean there(String file) {
        return ClassLoader.getSystemResource(file) != null;
    }

    private static void log(LoggerContext context, Level level) {
        context.getStatusManager().add(new NopStatusListener()); // Logback's own account of its start
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setCharset(UTF_8);
        encoder.setPattern(PATTERN);
        encoder.start();
        var console = new ConsoleAppender<ILoggingEvent>();
        console.setContext(context);
        console.setName("STDERR");
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        QUIETER.forEach(name -> context.getLogger(name).setLevel(Level.WARN));
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level);
        root.addAppender(console);
    }
}
