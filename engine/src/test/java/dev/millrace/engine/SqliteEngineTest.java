package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteEngineTest extends EngineContract {
    @TempDir
    Path folder;

    @Override
    Store open() {
        return SqliteStore.open(FreshFolder.in(folder));
    }

    @Override
    Store reopen(Store closed) {
        return SqliteStore.open(FreshFolder.in(folder));
    }
}
