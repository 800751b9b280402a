package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A store that is held up: what is submitted waits, in order, until it is let go. */
final class HeldStore implements Store {
    private final Store store;
    private final List<Runnable> held = new ArrayList<>();
    private boolean holding;

    HeldStore(Store store) {
        this.store = store;
    }

    synchronized void hold() {
        holding = true;
    }

    synchronized int waiting() {
        return held.size();
    }

    /** One by one and outside the monitor, as the contract has it: what waits for a submit may hold a lock around one. */
    void letGo() {
        for (Runnable next = next(); next != null; next = next()) {
            next.run();
        }
    }

    private synchronized Runnable next() {
        holding = !held.isEmpty();
        return held.isEmpty() ? null : held.removeFirst();
    }

    @Override
    public synchronized <R> CompletableFuture<R> submit(
            String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        if (!holding) {
            return store.submit(contextId, durability, decide);
        }
        var later = new CompletableFuture<R>();
        held.add(() -> store.submit(contextId, durability, decide).whenComplete((result, error) -> {
            if (error != null) {
                later.completeExceptionally(error);
            } else {
                later.complete(result);
            }
        }));
        return later;
    }

    @Override
    public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
        return store.read(contextId, query);
    }

    @Override
    public void close() {
        letGo();
        store.close();
    }
}
