package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;

class PostgresEngineTest extends EngineContract {
    private final PostgresAddress address = PostgresServer.get().schema();

    @Override
    Store open() {
        return PostgresStore.open(PostgresSettings.of(address));
    }

    @Override
    Store reopen(Store closed) {
        return open();
    }
}
