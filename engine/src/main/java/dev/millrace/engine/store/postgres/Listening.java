package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.sql.Joining;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One connection that hears what the other processes say. Whenever it was not connected, it may have missed something,
 * and says so.
 */
final class Listening {
    private static final Logger LOG = LoggerFactory.getLogger(Listening.class);

    /** How long to hear nothing before the connection is asked whether it is alive. */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Connections connections;
    private final String self;
    private final String channel;
    private final Replicas.Listener listener;
    private final Consumer<String> written;
    private final Runnable hello;
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable Connection connection;

    /**
     * @param self whose words are not heard
     * @param written told of each context that another process wrote in, before the listener is
     * @param hello called when another process came
     */
    Listening(
            Connections connections,
            String self,
            String channel,
            Replicas.Listener listener,
            Consumer<String> written,
            Runnable hello) {
        this.connections = connections;
        this.self = self;
        this.channel = channel;
        this.listener = listener;
        this.written = written;
        this.hello = hello;
        thread = Thread.ofPlatform().name("millrace-postgres-listener").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        boolean deaf = false;
        while (!closed) {
            try (Connection current = connections.forSigns(SILENCE)) {
                connection = current;
                Connections.execute(current, "LISTEN " + channel);
                deaf = false;
                listener.lookAgain();
                while (!closed) {
                    hear(current);
                }
            } catch (SQLException e) {
                if (!closed) {
                    LOG.atLevel(deaf ? Level.DEBUG : Level.WARN)
                            .log("nothing is heard of other processes, connecting again: {}", e.getMessage());
                    deaf = true;
                    Lines.pause(PAUSE);
                }
            }
        }
    }

    private void hear(Connection current) throws SQLException {
        PGNotification[] heard =
                current.unwrap(PGConnection.class).getNotifications(Math.toIntExact(SILENCE.toMillis()));
        if (heard == null || heard.length == 0) {
            Connections.execute(current, "SELECT 1");
            return;
        }
        for (PGNotification each : heard) {
            String[] words = each.getParameter().split("\n", -1);
            if (!words[0].equals(self)) {
                for (int i = 1; i < words.length; i++) {
                    understand(words[i]);
                }
            }
        }
    }

    private void understand(String word) {
        switch (word) {
            case Words.HELLO -> {
                hello.run();
                listener.lookAgain();
            }
            case Words.RUNNABLE -> listener.runnable();
            case Words.LOOK -> listener.lookAgain();
            case String listed
            when listed.startsWith(Words.LISTED) -> listener.listChanged(listed.substring(Words.LISTED.length()));
            default -> {
                int space = word.indexOf(' ');
                if (space > 0) {
                    String contextId = word.substring(space + 1);
                    written.accept(contextId);
                    listener.changed(contextId, Long.parseLong(word, 0, space, 10));
                }
            }
        }
    }

    void close() {
        closed = true;
        Connection current = connection;
        if (current != null) {
            try {
                current.abort(Runnable::run); // it is waiting for words, and nobody else would wake it
            } catch (SQLException e) {
                LOG.debug("closing the listener: {}", e.toString());
            }
        }
        Joining.join(thread);
    }
}
