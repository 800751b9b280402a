package dev.millrace.client;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A feed whose end is told once: how it failed, or null if it ended well or was closed. */
final class WatchedFeed implements Transport.Feed {
    private final Transport.Feed feed;
    private final Consumer<@Nullable Exception> onEnd;
    private final AtomicBoolean told = new AtomicBoolean();

    WatchedFeed(Transport.Feed feed, Consumer<@Nullable Exception> onEnd) {
        this.feed = feed;
        this.onEnd = onEnd;
    }

    @Override
    public Transport.@Nullable Item next() throws IOException, InterruptedException {
        try {
            Transport.Item item = feed.next();
            if (item == null) {
                tell(null);
            }
            return item;
        } catch (IOException | A2aException e) {
            tell(e);
            throw e;
        }
    }

    @Override
    public @Nullable Duration retry() {
        return feed.retry();
    }

    @Override
    public void release() {
        feed.release();
        tell(null);
    }

    @Override
    public void close() {
        feed.close();
        tell(null);
    }

    private void tell(@Nullable Exception failure) {
        if (told.compareAndSet(false, true)) {
            onEnd.accept(failure);
        }
    }
}
