package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import java.nio.file.Path;

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
            return SqliteStore.open(folder);
        }
    },
    POSTGRES {
        @Override
        Store open(Path folder) {
            return PostgresStore.open(PostgresSettings.of(PostgresServer.get().schema()));
        }
    };

    abstract Store open(Path folder);
}
