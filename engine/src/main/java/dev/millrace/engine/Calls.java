package dev.millrace.engine;

import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the engine's callers wait for the store, and what they are told when it can't do what they ask. */
final class Calls {
    private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

    private final Store store;

    Calls(Store store) {
        this.store = store;
    }

    /** @throws Refused with UNAVAILABLE, or INVALID if there can be no context of that id */
    <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query) {
        Storable.require("contextId", contextId);
        try {
            return store.read(contextId, query);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.UNAVAILABLE, "interrupted while reading");
        } catch (StoreFailure e) {
            LOG.error("reading failed", e);
            throw new Refused(Refused.Reason.UNAVAILABLE, "the store can't be read; try again in a moment");
        }
    }

    static <R extends @Nullable Object> R await(CompletableFuture<R> change) {
        try {
            return change.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(
                    Refused.Reason.UNAVAILABLE, "interrupted before the outcome was known; ask again with the same id");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Refused refused -> throw refused;
                case StoreFailure failure -> {
                    LOG.error("writing failed", failure);
                    throw new Refused(Refused.Reason.UNAVAILABLE, "the store can't be written; try again in a moment");
                }
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}
