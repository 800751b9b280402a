package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.StoreFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a store's tables, or brings them up to date. Flyway does it. To ask Flyway whether there is anything to do takes
 * a tenth of a second and its classes, each time that a server starts; so first there is one look at the list it keeps.
 */
public final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

    private Migrations() {}

    /**
     * True if the tables are exactly as this version makes them.
     *
     * @param connection whose current schema, where there are schemas, is the store's
     * @param newest the number of the last migration; each before it has a number, too
     */
    public static boolean done(Connection connection, int newest) {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*), max(CAST(version AS INTEGER)),"
                        + " count(DISTINCT version), sum(CASE WHEN success THEN 0 ELSE 1 END)"
                        + " FROM flyway_schema_history WHERE version IS NOT NULL")) {
            return row.next()
                    && row.getInt(1) == newest
                    && row.getInt(2) == newest
                    && row.getInt(3) == newest
                    && row.getInt(4) == 0;
        } catch (SQLException e) {
            LOG.debug("no list of migrations: {}", e.toString()); // an empty database, or nothing that can be read
            return false;
        }
    }

    /**
     * Does what is to do, in one transaction. Several processes may do so at once.
     *
     * @param store as it is called in errors
     * @param instead what else its user can use
     * @throws StoreFailure if the tables are of a newer version; they are left as they are
     */
    public static void run(FluentConfiguration where, String store, String instead) {
        Flyway flyway = where.loggers("slf4j").group(true).load();
        for (MigrationInfo applied : flyway.info().applied()) {
            if (applied.getVersion() != null && !applied.getState().isResolved()) {
                throw new StoreFailure(store + " was written by a newer version: its tables are of version "
                        + applied.getVersion() + ", which this version does not know; use the newer version, or "
                        + instead);
            }
        }
        flyway.migrate();
    }
}
