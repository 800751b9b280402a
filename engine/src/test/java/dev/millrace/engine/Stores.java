package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
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
    };

    abstract Store open(Path folder);
}
