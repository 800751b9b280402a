package dev.millrace.engine.store.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How this store opens PostgreSQL: nothing waits without a limit. */
final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    /** How long to wait for a server that does not answer at all. */
    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** A transaction that this process left open, because it was frozen, say, holds up others no longer than this. */
    private static final Duration IDLE_IN_TRANSACTION = Duration.ofSeconds(2);

    private final PostgresAddress address;
    private final Duration answerWithin;

    Connections(PostgresSettings settings) {
        address = settings.address();
        answerWithin = settings.answerWithin();
    }

    PostgresAddress address() {
        return address;
    }

    /** For the tables' own making, which may take long. */
    Properties plain() {
        Properties properties = address.properties();
        properties.putIfAbsent("ApplicationName", "millrace");
        properties.putIfAbsent("connectTimeout", Long.toString(CONNECT.toSeconds()));
        properties.putIfAbsent("tcpKeepAlive", "true");
        properties.setProperty("currentSchema", address.schema());
        return properties;
    }

    private Properties limited(String options) {
        Properties properties = plain();
        // The driver gives up a little after the server was to.
        properties.putIfAbsent("socketTimeout", Long.toString(answerWithin.toSeconds() + 1));
        properties.putIfAbsent("prepareThreshold", "1");
        properties.setProperty(
                "options",
                "-c statement_timeout=" + answerWithin.toMillis() + " -c idle_in_transaction_session_timeout="
                        + IDLE_IN_TRANSACTION.toMillis() + options);
        return properties;
    }

    /**
     * A connection that commits each statement by itself. Its plans go by the keys of the rows: they are kept for long,
     * and what is best for tables that are still empty is not what is best for full ones. They are made once: left to
     * itself, PostgreSQL plans each statement of a write anew for its few rows, which takes longer than the write.
     */
    Connection forWriting() throws SQLException {
        return open(limited(" -c plan_cache_mode=force_generic_plan"
                + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"));
    }

    /**
     * A connection whose every transaction reads one snapshot. None shows a context as it is between a crash of PostgreSQL
     * and {@link Restarts#SKIP}: it would end before what readers have seen of it.
     */
    Connection forReading() throws SQLException {
        Connection connection = open(limited(" -c jit=off"));
        try {
            execute(connection, Restarts.SKIP);
            execute(
                    connection,
                    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection);
            throw e;
        }
    }

    /** A connection for what must not wait behind anything else, each answer within this time. */
    Connection forSigns(Duration within) throws SQLException {
        long seconds = Math.max(1, within.toSeconds());
        Properties properties = plain();
        properties.setProperty("socketTimeout", Long.toString(seconds));
        properties.setProperty("connectTimeout", Long.toString(Math.min(seconds, CONNECT.toSeconds())));
        properties.putIfAbsent("prepareThreshold", "1");
        properties.setProperty("options", "-c statement_timeout=" + seconds * 1000);
        return open(properties);
    }

    private Connection open(Properties properties) throws SQLException {
        return DriverManager.getConnection(address.jdbcUrl(), properties);
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.debug("closing PostgreSQL: {}", e.toString());
        }
    }

    /**
     * True if it makes no sense to go on with the connection an error came from. PostgreSQL's classes: 08 connection, 57P
     * the server or an operator ended it; 25P03 idle in transaction, 53 out of resources. An error without a class came
     * from the driver.
     */
    static boolean lost(SQLException e) {
        String state = e.getSQLState();
        return state == null
                || state.startsWith("08")
                || state.startsWith("57P")
                || state.startsWith("53")
                || state.equals("25P03");
    }

    /** True if somebody ended this one connection (an operator, a restart): the next may well live. */
    static boolean ended(SQLException e) {
        return "57P01".equals(e.getSQLState());
    }
}
