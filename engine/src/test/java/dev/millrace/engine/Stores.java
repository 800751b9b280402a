package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The stores that a promise of the engine is tested on. */
enum Stores {
    MEMORY {
        @Override
        Store open(Path folder) {
            return new MemoryStore();
        }
    },
    SQLITE {
        @Override
        Store open(Path folder) {
            return SqliteStore.open(FreshFolder.in(folder));
        }
    },
    POSTGRES {
        @Override
        Store open(Path folder) {
            PostgresAddress schema =
                    SCHEMAS.computeIfAbsent(folder, made -> PostgresServer.get().schema());
            return PostgresStore.open(PostgresSettings.of(schema));
        }
    };

    /** One for each folder, so that what was opened can be opened again. */
    private static final Map<Path, PostgresAddress> SCHEMAS = new ConcurrentHashMap<>();

    abstract Store open(Path folder);
}
