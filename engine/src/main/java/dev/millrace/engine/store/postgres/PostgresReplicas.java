package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.StoreFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The table of replicas, and NOTIFY and LISTEN between them. */
final class PostgresReplicas implements Replicas {
    /** Whether the lease was taken or renewed, and when the next other one ends. */
    private static final String ANSWER = " SELECT (SELECT count(*) FROM mine), (SELECT extract(epoch FROM"
            + " min(r.expires_at) - now()) FROM replicas r WHERE r.id <> ? AND r.expires_at > now())";

    private static final String JOIN =
            "WITH swept AS (DELETE FROM replicas r WHERE r.expires_at < now() - interval '1 day'"
                    + " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.state = 2 AND t.leased_by = r.id)),"
                    + " mine AS (INSERT INTO replicas (id, expires_at) VALUES (?, now() + ? * interval '1 millisecond')"
                    + " RETURNING id)" + ANSWER;

    private static final String RENEW = "WITH mine AS (UPDATE replicas SET expires_at = now() + ? * interval '1"
            + " millisecond' WHERE id = ? AND expires_at > now() RETURNING id)" + ANSWER;

    private final Connections connections;
    private final PostgresReaders readers;
    private final Views views;
    private final Restarts restarts;
    private final boolean hints;
    private final String self = UUID.randomUUID().toString();
    private final String channel;
    private final Ringer ringer;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Connection connection;
    private volatile @Nullable Listening listening;

    /** @param hints false = nothing is told and nothing heard: everything is found by looking */
    PostgresReplicas(Connections connections, PostgresReaders readers, Views views, Restarts restarts, boolean hints) {
        this.connections = connections;
        this.readers = readers;
        this.views = views;
        this.restarts = restarts;
        this.hints = hints;
        channel = "millrace_" + connections.address().schema();
        ringer = new Ringer(connections, self, channel);
    }

    void start() {
        ringer.start();
    }

    /** Something was written here. */
    void wrote(Change change) {
        ringer.changed(change.contextId(), change.row().lastOffset());
        if (change.told()) {
            ringer.listed(change.row().owner());
        }
    }

    @FunctionalInterface
    private interface Asking<R> {
        R ask(Connection connection) throws SQLException;
    }

    private <R> R ask(Duration within, Asking<R> asking) {
        lock.lock();
        try {
            Connection current = connection == null ? connections.forSigns(within) : connection;
            connection = current;
            return asking.ask(current);
        } catch (SQLException e) {
            if (connection != null) {
                Connections.closeQuietly(connection);
                connection = null;
            }
            throw new StoreFailure("PostgreSQL can't be asked: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Renewal join(String id, Duration lease) {
        Renewal joined = ask(lease.dividedBy(5), current -> {
            try (PreparedStatement statement = current.prepareStatement(JOIN)) {
                statement.setString(1, id);
                statement.setLong(2, lease.toMillis());
                statement.setString(3, id);
                return renewal(statement);
            }
        });
        if (hints) {
            ringer.hello();
        }
        return joined;
    }

    @Override
    public Renewal renew(String id, Duration lease) {
        return ask(lease.dividedBy(5), current -> {
            try (PreparedStatement statement = current.prepareStatement(RENEW)) {
                statement.setLong(1, lease.toMillis());
                statement.setString(2, id);
                statement.setString(3, id);
                return renewal(statement);
            }
        });
    }

    private Renewal renewal(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            boolean alive = row.getInt(1) == 1;
            double seconds = row.getDouble(2);
            boolean alone = row.wasNull();
            ringer.alone(alone || !hints);
            return new Renewal(alive, alone ? null : Duration.ofMillis(Math.round(seconds * 1000)));
        }
    }

    @Override
    public void leave(String id) {
        ask(Duration.ofSeconds(5), current -> {
            try (PreparedStatement statement = current.prepareStatement("DELETE FROM replicas WHERE id = ?")) {
                statement.setString(1, id);
                return statement.executeUpdate();
            }
        });
        if (hints) {
            ringer.lookAgain();
        }
    }

    @Override
    public void listen(Listener listener) {
        if (hints) {
            var started = new Listening(connections, self, channel, listener, views::drop, () -> ringer.alone(false));
            listening = started;
            started.start();
        }
    }

    @Override
    public void onLoss(Runnable listener) {
        restarts.whenLost(listener);
    }

    @Override
    public void ring() {
        if (hints) {
            ringer.runnable();
        }
    }

    @Override
    public Map<String, Long> lastOffsets(Collection<String> contextIds) throws InterruptedException {
        return contextIds.isEmpty() ? Map.of() : read(reader -> reader.lastOffsets(contextIds));
    }

    @Override
    public List<Alive> alive() throws InterruptedException {
        return read(PostgresReader::replicas);
    }

    @Override
    public Map<String, Long> held(String id) throws InterruptedException {
        return read(reader -> reader.held(id));
    }

    private <R> R read(Function<PostgresReader, R> query) throws InterruptedException {
        CompletableFuture<R> answer = readers.submit(query);
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StoreFailure failure
                    ? failure
                    : new StoreFailure("the PostgreSQL store can't be read: " + e.getCause(), e);
        }
    }

    void close() {
        ringer.close();
        Listening current = listening;
        if (current != null) {
            current.close();
        }
        lock.lock();
        try {
            if (connection != null) {
                Connections.closeQuietly(connection);
                connection = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
