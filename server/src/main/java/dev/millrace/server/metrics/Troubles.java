package dev.millrace.server.metrics;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The latest warnings and errors of the process's log, for who looks at it in a browser: when, where and of what kind. Nothing
 * that a log message was filled with is kept, for it could be what somebody said: of our own messages the sentence with its
 * gaps, of other libraries' only who logged it, and of an exception its class. At most {@link #MOST}; the same one again
 * counts up. Any thread.
 */
final class Troubles extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    static final int MOST = 50;

    private static final String OURS = "dev.millrace.";

    /**
     * @param last when it happened last
     * @param level WARN or ERROR
     * @param where the class that logged it, without its package
     * @param what the message without what it was filled with; null = it is not ours
     * @param kind the exception's class, without its package; null = there was none
     * @param times how often it happened, one after the other
     */
    record Trouble(
            Instant last,
            String level,
            String where,
            @Nullable String what,
            @Nullable String kind,
            long times) {

        boolean likely(Trouble other) {
            return level.equals(other.level)
                    && where.equals(other.where)
                    && java.util.Objects.equals(what, other.what)
                    && java.util.Objects.equals(kind, other.kind);
        }
    }

    private final ArrayDeque<Trouble> latest = new ArrayDeque<>();

    /** Hears what is logged from now on, until it is closed; of a log that is not Logback's it hears nothing. */
    static Troubles listening() {
        var troubles = new Troubles();
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            troubles.setContext(context);
            troubles.setName("millrace-inside");
            troubles.start();
            context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(troubles);
        }
        return troubles;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
            IThrowableProxy thrown = event.getThrowableProxy();
            boolean ours = event.getLoggerName().startsWith(OURS);
            note(new Trouble(
                    event.getInstant(),
                    event.getLevel().toString(),
                    simple(event.getLoggerName()),
                    ours ? event.getMessage() : null,
                    thrown == null ? null : simple(thrown.getClassName()),
                    1));
        }
    }

    private void note(Trouble trouble) {
        synchronized (latest) {
            Trouble before = latest.peekFirst();
            if (before != null && before.likely(trouble)) {
                latest.removeFirst();
                latest.addFirst(new Trouble(
                        trouble.last(),
                        trouble.level(),
                        trouble.where(),
                        trouble.what(),
                        trouble.kind(),
                        before.times() + 1));
            } else {
                latest.addFirst(trouble);
            }
            if (latest.size() > MOST) {
                latest.removeLast();
            }
        }
    }

    /** The newest first. */
    List<Trouble> latest() {
        synchronized (latest) {
            return new ArrayList<>(latest);
        }
    }

    private static String simple(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    @Override
    public void close() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(this);
        }
        stop();
    }
}
