package dev.millrace.server.store;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A store that can be read, but for the events of a context: as one that goes away just before a stream begins. */
public record UnreadableEvents(Store store) implements Store {
    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        return store.submit(contextId, durability, decide);
    }

    @Override
    public <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query)
            throws InterruptedException {
        return store.read(contextId, reader -> query.apply(withoutEvents(reader)));
    }

    private static Reader withoutEvents(Reader reader) {
        return (Reader) Proxy.newProxyInstance(
                Reader.class.getClassLoader(), new Class<?>[] {Reader.class}, (_, method, args) -> {
                    if (method.getName().equals("events")) {
                        throw new StoreFailure("gone for a moment");
                    }
                    try {
                        return method.invoke(reader, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public void close() {
        store.close();
    }
}
