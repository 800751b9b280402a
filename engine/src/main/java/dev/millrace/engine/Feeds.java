package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.core.Pace;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What changes among each owner's contexts, for those who look at a list of them.
 *
 * <p>A change is a revision; the store keeps, of each context, the newest alone. So a feed is resumed at any revision and
 * its past costs no more than the contexts there are: whoever was away gets each context that changed meanwhile once, as
 * it is. A change that a newer one has overtaken is an empty entry: its number is taken, and there is nothing to tell.
 *
 * <p>An owner whom nobody watches has no feed. A commit rings its owner's bell; a thread of the feed then asks the store
 * what changed and shows it to every reader. In a shared store it also looks now and then, for what others wrote.
 */
final class Feeds {
    private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);
    private static final int BATCH = 256;
    private static final long TAIL_BYTES = 64 * 1024;
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Store store;
    private final Duration lookAgain;
    private final Pace pace;
    private final Map<String, Feed> live = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param lookAgain how often to look without a bell, by {@code pace} */
    Feeds(Store store, Duration lookAgain, Pace pace) {
        this.store = store;
        this.lookAgain = lookAgain;
        this.pace = pace;
    }

    private record Feed(Journal<Optional<Standing>> journal, Doorbell bell) {}

    /** @param revision the owner's newest, or any before it, read before this is called */
    Cursor<Optional<Standing>> open(String owner, long after, long revision) {
        var cursor = new AtomicReference<Cursor<Optional<Standing>>>();
        live.compute(owner, (o, there) -> {
            Feed feed = there != null ? there : start(owner, revision);
            cursor.set(feed.journal().cursor(after));
            return feed;
        });
        if (closed) {
            close();
        }
        return Objects.requireNonNull(cursor.get());
    }

    private Feed start(String owner, long revision) {
        var journal = Journal.<Optional<Standing>>over(
                (after, max) -> changes(owner, after, max), TAIL_BYTES, Feeds::weight, revision);
        var feed = new Feed(journal, new Doorbell(pace));
        feed.bell().ring(); // for what was committed before the feed was there to be rung
        Thread.ofVirtual().name("millrace-feed").start(() -> run(owner, feed, revision));
        return feed;
    }

    /** About what it takes in memory: little, but for the arguments of tools. */
    private static int weight(Optional<Standing> standing) {
        int calls = standing.stream()
                .flatMap(each -> each.calls().stream())
                .mapToInt(open -> open.call().arguments().toString().length())
                .sum();
        return 256 + calls;
    }

    /** After a commit that changed a context for those who look at a list. */
    void ring(String owner) {
        Feed feed = live.get(owner);
        if (feed != null) {
            feed.bell().ring();
        }
    }

    /** Something may have changed unheard. */
    void ringAll() {
        live.values().forEach(feed -> feed.bell().ring());
    }

    private List<Journal.Entry<Optional<Standing>>> changes(String owner, long after, int max)
            throws InterruptedException {
        return store.<List<Journal.Entry<Optional<Standing>>>>read(null, reader -> {
            var entries = new ArrayList<Journal.Entry<Optional<Standing>>>();
            for (Context context : reader.changes(owner, after, max)) {
                Standing standing = Standing.of(reader, context);
                entries.add(new Journal.Entry<>(context.revision(), Optional.of(standing)));
            }
            return entries;
        });
    }

    private void run(String owner, Feed feed, long revision) {
        long shown = revision;
        try {
            while (!closed) {
                feed.bell().await(lookAgain);
                if (feed.journal().readers() == 0 && forget(owner, feed)) {
                    return;
                }
                shown = show(owner, feed, shown);
            }
        } catch (InterruptedException e) {
            LOG.debug("a feed was interrupted");
        }
    }

    private long show(String owner, Feed feed, long after) throws InterruptedException {
        long shown = after;
        try {
            while (true) {
                List<Journal.Entry<Optional<Standing>>> changes = changes(owner, shown, BATCH);
                if (changes.isEmpty() || closed) {
                    return shown;
                }
                var whole = new ArrayList<Journal.Entry<Optional<Standing>>>();
                for (var change : changes) {
                    for (long overtaken = shown + 1; overtaken < change.offset(); overtaken++) {
                        whole.add(new Journal.Entry<>(overtaken, Optional.empty()));
                    }
                    whole.add(change);
                    shown = change.offset();
                }
                feed.journal().publish(whole);
            }
        } catch (StoreFailure | IllegalStateException e) {
            if (!closed) {
                LOG.error("changes could not be shown, trying again in {}", AFTER_FAILURE, e);
                feed.bell().ring();
                boolean never =
                        new Doorbell(pace).await(AFTER_FAILURE); // not the feed's bell, which rings at each commit
                LOG.trace("trying again, rung: {}", never);
            }
            return shown;
        }
    }

    @SuppressWarnings("ReferenceEquality") // this very feed, no equal one
    private boolean forget(String owner, Feed feed) {
        live.computeIfPresent(
                owner, (o, there) -> there == feed && feed.journal().readers() == 0 ? null : there);
        return live.get(owner) != feed;
    }

    /** Ends every reader, those that come later included. */
    void close() {
        closed = true;
        live.forEach((owner, feed) -> {
            feed.journal().close();
            feed.bell().ring();
        });
    }
}
