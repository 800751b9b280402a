package dev.millrace.server.config;

import dev.millrace.engine.store.postgres.PostgresAddress;
import java.nio.file.Path;

/** Where contexts, tasks and events are kept. */
public sealed interface StoreSettings {

    /** As {@code store.type} of the configuration file names it. */
    default String name() {
        return switch (this) {
            case Memory() -> "memory";
            case Sqlite(Path folder) -> "sqlite";
            case Postgres(PostgresAddress address) -> "postgresql";
        };
    }

    /** In this process's memory: gone when it ends. */
    record Memory() implements StoreSettings {}

    /** In a SQLite database in this folder, which one process at a time holds; made if absent. */
    record Sqlite(Path folder) implements StoreSettings {}

    /** In PostgreSQL, which any number of servers may share. Shows no password. */
    record Postgres(PostgresAddress address) implements StoreSettings {

        /**
         * @param setting what the address is called where it was given
         * @throws BadSetting if it is wrong; the message does not repeat it, as it may hold a password
         */
        public static Postgres at(String setting, String url) {
            try {
                return new Postgres(PostgresAddress.parse(url));
            } catch (IllegalArgumentException e) {
                throw new BadSetting(setting, String.valueOf(e.getMessage()));
            }
        }
    }
}
