package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.sql.Migrations;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import org.flywaydb.core.Flyway;

/** The tables. */
final class Schema {
    static final String MIGRATIONS = "classpath:db/migration/postgresql";

    /** The number of the last of them. */
    static final int NEWEST = 13;

    private Schema() {}

    /** Makes the tables, or brings them up to date. Several processes may do so at once. */
    static void migrate(Connections connections) throws SQLException {
        PostgresAddress address = connections.address();
        try (Connection connection = DriverManager.getConnection(address.jdbcUrl(), connections.plain())) {
            if (Migrations.done(connection, NEWEST)) {
                return;
            }
        }
        var properties = new HashMap<String, String>();
        connections.plain().forEach((name, value) -> properties.put((String) name, (String) value));
        String user = properties.remove("user");
        String password = properties.remove("password");
        Migrations.run(
                Flyway.configure()
                        .dataSource(address.jdbcUrl(), user, password)
                        .jdbcProperties(properties)
                        .schemas(address.schema())
                        .defaultSchema(address.schema())
                        .locations(MIGRATIONS),
                "the PostgreSQL store " + address,
                "another schema (?schema=...)");
    }
}
