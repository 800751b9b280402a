package dev.millrace.server;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.net.URL;

/**
 * The log of a program that embeds the server and has no logging configuration of its own: warnings and news as text on
 * standard error, where Logback by itself would print every library's debugging to standard output. Logback finds it as
 * a service, and asks it after every configuration file and before its own last resort.
 */
@ConfiguratorRank(ConfiguratorRank.FALLBACK + 1)
public final class LogOfLastResort extends ContextAwareBase implements Configurator {

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        URL configuration = LogOfLastResort.class.getResource("/millrace-logback.xml");
        if (configuration == null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        try {
            var joran = new JoranConfigurator();
            joran.setContext(context);
            joran.doConfigure(configuration);
            return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
        } catch (JoranException e) {
            addError("the server's own log configuration can't be read", e);
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
    }
}
