package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreContract;

class PostgresStoreTest extends StoreContract {
    private final PostgresServer server = PostgresServer.get();
    private final PostgresAddress address = server.schema();

    @Override
    protected Store open() {
        return PostgresStore.open(PostgresSettings.of(address));
    }
}
