package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.StoreFailure;
import java.util.HashMap;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

/** Makes the tables, or brings them up to date. Several processes may do so at once. */
final class Schema {
    private Schema() {}

    static void migrate(Connections connections) {
        PostgresAddress address = connections.address();
        var properties = new HashMap<String, String>();
        connections.plain().forEach((name, value) -> properties.put((String) name, (String) value));
        String user = properties.remove("user");
        String password = properties.remove("password");
        Flyway flyway = Flyway.configure()
                .dataSource(address.jdbcUrl(), user, password)
                .jdbcProperties(properties)
                .schemas(address.schema())
                .defaultSchema(address.schema())
                .locations("classpath:db/migration/postgresql")
                .loggers("slf4j")
                .load();
        for (MigrationInfo applied : flyway.info().applied()) {
            if (applied.getVersion() != null && !applied.getState().isResolved()) {
                throw new StoreFailure("the PostgreSQL store " + address + " was written by a newer version: its tables"
                        + " are of version " + applied.getVersion() + ", which this version does not know; use the"
                        + " newer version, or another schema (?schema=...)");
            }
        }
        flyway.migrate();
    }
}
