package dev.millrace.client;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a task makes, as it makes it, read in a plain loop on one (virtual) thread.
 *
 * <p>The stream ends after a terminal event of its task, after a message that stands for the whole answer, or when the
 * server ends it while the task waits for its user. If it is cut before that, it resumes by itself: it subscribes to the
 * task again with the last event's id, waiting a little longer after each failure.
 *
 * <ul>
 *   <li>A server that keeps ids (Millrace does) goes on after that event: nothing is missing and nothing comes twice.
 *   <li>Any other begins with the task as it is now. It is delivered as a {@link Task}, which stands for everything
 *       before it: apply it as {@link dev.millrace.protocol.TaskFold} does.
 *   <li>A task that ended meanwhile is fetched and delivered as the last event.
 * </ul>
 *
 * <p>It gives up, with {@link ConnectionFailed}, when it got no further for the time that {@link
 * A2aClientBuilder#reconnect} sets. An answer that is not A2A, or an error that the server reports, ends it at once. It
 * throws what {@link A2aClient} says, and the same again whenever it is read after that.
 *
 * <p>{@link #close} may be called by any thread and ends the loop; the task goes on without its reader.
 */
public final class TaskStream implements Iterable<StreamResponse>, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TaskStream.class);

    /** No server may make a client wait longer than this before it reconnects. */
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    /** A send that brought no event yet is tried so often, where it may be tried again at all. */
    private static final int FIRST_TRIES = 3;

    private final A2aClient client;
    private final Supplier<Transport.Feed> first;
    private final boolean repeatable;
    private final Backoff backoff;
    private final CountDownLatch closed = new CountDownLatch(1);

    private volatile Transport.@Nullable Feed feed;
    private volatile @Nullable String taskId;
    private volatile @Nullable String lastEventId;
    private volatile boolean complete;
    private @Nullable TaskState state;
    private @Nullable Duration retry;
    private @Nullable RuntimeException failure;
    private @Nullable StreamResponse ahead;
    private boolean begun;
    private int eventsOfFeed;
    private long stuckSince;

    /**
     * @param first the request that begins the stream
     * @param taskId the task, where it is known before the first event
     * @param repeatable whether the first request may be made again when it is not known whether it arrived
     */
    TaskStream(
            A2aClient client,
            Supplier<Transport.Feed> first,
            @Nullable String taskId,
            @Nullable String lastEventId,
            boolean repeatable) {
        this.client = client;
        this.first = first;
        this.taskId = taskId;
        this.lastEventId = lastEventId;
        this.repeatable = repeatable;
        ClientSettings settings = client.settings();
        this.backoff = new Backoff(settings.firstWait(), settings.mostWait(), ThreadLocalRandom.current());
    }

    void start() {
        use(first.get());
    }

    /** The task that the stream is about; null before an event has named it. */
    public @Nullable String taskId() {
        return taskId;
    }

    /** With what to resume this stream elsewhere, see {@link A2aClient#subscribe}; null if the server gives no ids. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /** True if the stream has come to its end, and was not just closed or lost. */
    public boolean complete() {
        return complete;
    }

    /** The events that have not been read yet. There is one stream: two iterators share it. */
    @Override
    public Iterator<StreamResponse> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (ahead == null) {
                    ahead = TaskStream.this.next();
                }
                return ahead != null;
            }

            @Override
            public StreamResponse next() {
                if (!hasNext() || ahead == null) {
                    throw new NoSuchElementException("the stream has ended");
                }
                StreamResponse event = ahead;
                ahead = null;
                return event;
            }
        };
    }

    /**
     * The events that have not been read yet, for one subscriber and in place of a loop. They come on a virtual thread, as
     * many as are asked for; cancelling closes this stream.
     */
    public Flow.Publisher<StreamResponse> publisher() {
        return new TaskPublisher(this);
    }

    /** Waits for the next event; null at the end of the stream, or once it is closed. */
    public @Nullable StreamResponse next() {
        StreamResponse seen = ahead;
        if (seen != null) {
            ahead = null;
            return seen;
        }
        if (failure != null) {
            throw failure;
        }
        try {
            while (!complete && closed.getCount() > 0) {
                StreamResponse event = read();
                if (event != null) {
                    return event;
                }
            }
            return null;
        } catch (InterruptedException e) {
            close();
            throw Losses.interrupted();
        } catch (A2aException | ConnectionFailed e) {
            failure = e;
            close();
            throw e;
        }
    }

    /** Closes the connection and wakes the reader. The task goes on. Idempotent; any thread. */
    @Override
    public void close() {
        closed.countDown();
        Transport.Feed current = feed;
        if (current != null && !complete) {
            current.close();
        }
        client.forget(this);
    }

    /** One step: an event, or null if there was none and the loop should look again. */
    private @Nullable StreamResponse read() throws InterruptedException {
        Transport.Feed current = feed;
        try {
            if (current == null) {
                current = use(reconnect());
            }
            Transport.Item item = current.next();
            if (item != null) {
                return seen(current, item);
            }
            if (state != null && state.interrupted()) {
                end(current); // the server may end a stream whose task waits for its user (A2A v1.0, 11.7)
                return null;
            }
            lost(current, null);
        } catch (IOException e) {
            lost(current, e);
        } catch (A2aException e) {
            if (closed.getCount() == 0) {
                return null;
            }
            return refused(current, e);
        }
        return null;
    }

    private Transport.Feed reconnect() {
        String task = taskId;
        return !begun || task == null ? first.get() : client.resumed(task, lastEventId);
    }

    private Transport.Feed use(Transport.Feed opened) {
        feed = opened;
        eventsOfFeed = 0;
        if (closed.getCount()
                == 0) { // read after the write above, as close() reads after its own: one of the two closes
            opened.close();
        }
        return opened;
    }

    private StreamResponse seen(Transport.Feed current, Transport.Item item) {
        StreamResponse event = item.event();
        eventsOfFeed++;
        // The first event after a reconnect may be the task as it was known before; only what comes after it is news.
        boolean news =
                !begun || eventsOfFeed > 1 || (item.id() != null && !item.id().equals(lastEventId));
        if (news) {
            backoff.reset();
        }
        lastEventId = item.id() == null ? lastEventId : item.id();
        retry = current.retry();
        boolean answer = event instanceof Message && !begun && taskId == null;
        begun = true;
        if (event.taskId() != null) {
            taskId = event.taskId();
        }
        state = switch (event) {
            case Task task -> task.status().state();
            case TaskStatusUpdateEvent update -> update.status().state();
            case TaskArtifactUpdateEvent _, Message _ -> state;
        };
        if (answer || (state != null && state.terminal())) {
            end(current);
        }
        return event;
    }

    private void end(Transport.@Nullable Feed current) {
        complete = true;
        feed = null;
        if (current != null) {
            current.release();
        }
        client.forget(this);
    }

    /** The server says no. For a stream that is resumed, that may mean that its task has ended. */
    private @Nullable StreamResponse refused(Transport.@Nullable Feed current, A2aException e)
            throws InterruptedException {
        String task = taskId;
        if (e.passing() && (begun || repeatable)) {
            lost(current, new IOException(e.getMessage(), e));
            return null;
        }
        if (e.code() != A2aException.UNSUPPORTED_OPERATION || task == null) {
            throw e;
        }
        if (current != null) {
            current.close();
        }
        feed = null;
        try {
            Task now = client.now(task);
            if (!now.status().state().terminal()) {
                throw e; // it goes on, but this server does not let it be followed
            }
            begun = true;
            end(null);
            return now;
        } catch (IOException lostToo) {
            lost(null, lostToo);
            return null;
        }
    }

    /** Waits before the next try, or gives up. */
    private void lost(Transport.@Nullable Feed current, @Nullable IOException e) throws InterruptedException {
        if (current != null) {
            current.close();
        }
        feed = null;
        if (closed.getCount() == 0) {
            return;
        }
        IOException cause = e == null ? new IOException("the server ended the stream before the task had ended") : e;
        if (backoff.tries() == 0) {
            stuckSince = System.nanoTime();
        }
        boolean hopeless = cause instanceof NotA2a || (begun ? outOfPatience() : !mayBegin(cause));
        if (hopeless) {
            throw Losses.failed(client.url(), cause);
        }
        Duration wait = backoff.next(retry == null || retry.compareTo(LONGEST_RETRY) < 0 ? retry : LONGEST_RETRY);
        log.debug("stream of task {} lost ({}), again in {} ms", taskId, cause.getMessage(), wait.toMillis());
        boolean _ = closed.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private boolean outOfPatience() {
        return System.nanoTime() - stuckSince > client.settings().patience().toNanos();
    }

    private boolean mayBegin(IOException cause) {
        return (repeatable || Losses.isUnsent(cause)) && backoff.tries() < FIRST_TRIES - 1;
    }
}
