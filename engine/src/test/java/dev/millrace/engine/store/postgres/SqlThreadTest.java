package dev.millrace.engine.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.sql.SqlThread;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of work whose connection ends, on a real PostgreSQL. */
@Timeout(60)
class SqlThreadTest {
    private final PostgresServer server = PostgresServer.get();
    private final String table = server.newSchema();
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void makeTable() throws SQLException {
        server.execute("CREATE TABLE " + table + " (n int)");
    }

    @AfterEach
    void dropTable() throws SQLException {
        server.execute("DROP TABLE " + table);
    }

    private int backend(Connection connection) throws SQLException {
        return number(connection, "SELECT pg_backend_pid()");
    }

    private static int number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    private int rows() throws SQLException {
        try (Connection connection = server.connect()) {
            return number(connection, "SELECT count(*) FROM " + table);
        }
    }

    private void insert(Connection connection) throws SQLException {
        Connections.execute(connection, "INSERT INTO " + table + " VALUES (1)");
    }

    private void awaitGone(int backend) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            try (Connection connection = server.connect()) {
                return number(connection, "SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend) == 0;
            }
        });
    }

    @Test
    void work_that_was_held_up_until_the_server_ended_its_transaction_is_done_again() throws SQLException {
        try (var thread = new SqlThread("test", server::connect)) {
            int result = thread.<Integer>call(connection -> {
                boolean first = runs.incrementAndGet() == 1;
                if (first) {
                    Connections.execute(connection, "SET idle_in_transaction_session_timeout = 1");
                }
                int backend = backend(connection);
                insert(connection);
                if (first) {
                    awaitGone(backend); // and what comes next is the commit
                }
                return runs.get();
            });

            assertThat(result).isEqualTo(2);
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void work_whose_connection_was_ended_under_it_is_done_again_over_another() throws SQLException {
        try (var thread = new SqlThread("test", server::connect)) {
            int result = thread.<Integer>call(connection -> {
                insert(connection);
                if (runs.incrementAndGet() == 1) {
                    int backend = backend(connection);
                    server.execute("SELECT pg_terminate_backend(" + backend + ")");
                    awaitGone(backend);
                }
                insert(connection);
                return runs.get();
            });

            assertThat(result).isEqualTo(2);
        }
        assertThat(rows()).isEqualTo(2);
    }

    @Test
    void a_connection_that_ended_while_nobody_used_it_fails_nothing() throws SQLException {
        try (var thread = new SqlThread("test", server::connect)) {
            int backend = thread.<Integer>call(this::backend);
            server.execute("SELECT pg_terminate_backend(" + backend + ")");
            awaitGone(backend);

            assertThat(thread.<Integer>call(this::backend)).isNotEqualTo(backend);
        }
    }

    @Test
    void who_ends_every_connection_is_given_up() {
        try (var thread = new SqlThread("test", server::connect)) {
            assertThatThrownBy(() -> thread.<Integer>call(connection -> {
                        runs.incrementAndGet();
                        int backend = backend(connection);
                        server.execute("SELECT pg_terminate_backend(" + backend + ")");
                        awaitGone(backend);
                        return backend(connection);
                    }))
                    .isInstanceOf(StoreFailure.class);
        }
        assertThat(runs).hasValue(3);
    }

    /** @param state what the driver says when the answer to a commit did not come, or the server was told to stop */
    @ParameterizedTest
    @ValueSource(strings = {"08006", "57P01"})
    void what_may_have_been_committed_is_not_done_again(String state) throws SQLException {
        try (var thread = new SqlThread("test", () -> losingTheAnswer(server.connect(), state))) {
            assertThatThrownBy(() -> thread.<Integer>call(connection -> {
                        insert(connection);
                        return runs.incrementAndGet();
                    }))
                    .isInstanceOf(StoreFailure.class);
        }
        assertThat(runs).hasValue(1);
        assertThat(rows()).isEqualTo(1);
    }

    private static Connection losingTheAnswer(Connection connection, String state) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (_, method, arguments) -> {
                    Object result = method.invoke(connection, arguments);
                    if (method.getName().equals("commit")) {
                        throw new SQLException("the answer did not come", state);
                    }
                    return result;
                });
    }
}
