package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A store whose transactions are undone after the decision for as long as {@code full} says so. */
record FailingStore(Store store, BooleanSupplier full) implements Store {
    /** SQLSTATE 54000: PostgreSQL's store does not try again for 10 s, as it does when it knows no reason. */
    private static final String LIMIT_EXCEEDED = "54000";

    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        return store.submit(contextId, durability, reader -> {
            Write<R> write = decide.apply(reader);
            if (full.getAsBoolean() && !write.isEmpty()) {
                write.aborted().run();
                throw new StoreFailure("no room", new SQLException("no room", LIMIT_EXCEEDED));
            }
            return write;
        });
    }

    @Override
    public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
        return store.read(contextId, query);
    }

    @Override
    public void close() {
        store.close();
    }
}
