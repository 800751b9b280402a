package dev.millrace.bench.house;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.http.EventStream;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Router;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How chats were acquired before: a send commits its row as pending, and nobody is told. Each second a ticker asks the
 * store for pending rows, takes the ten oldest, and starts their agents. All of it on Millrace's own store and HTTP edge,
 * so that the clock is what differs.
 *
 * <p>Kinder than the original: the words of an answer are not stored at all, and a reader's queue never overflows here.
 */
final class TickerHouse {
    private static final Logger LOG = LoggerFactory.getLogger(TickerHouse.class);

    /** Seed: "blind 1-second ticker". */
    private static final long TICK_MILLIS = 1_000;

    /** Pending rows taken at once, as the original's acquisition did. */
    private static final int BATCH = 10;

    @SuppressWarnings("ArrayRecordComponent")
    private record Frame(long id, byte[] payload, boolean last) {}

    private record Pending(int words, long committedAt, BlockingQueue<Frame> reader) {}

    private final Store store;
    private final Controls controls;
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("ticker").factory());

    private TickerHouse(Store store, Controls controls) {
        this.store = store;
        this.controls = controls;
    }

    static AutoCloseable open(Store store, Controls controls, Router router) {
        var house = new TickerHouse(store, controls);
        router.post("/a2a", house::send);
        var _ = house.ticker.scheduleAtFixedRate(house::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        // The store stays open: what a burst left pending would be refused now, and logged, a thousand times.
        return house.ticker::shutdownNow;
    }

    private void send(Exchange exchange) throws Exception {
        BeforeCall call = BeforeCall.read(exchange.body());
        String contextId = UUID.randomUUID().toString();
        String taskId = UUID.randomUUID().toString();
        Instant now = Instant.now();
        byte[] made = Before.submitted(taskId, contextId, call.message());
        var reader = new LinkedBlockingQueue<Frame>();
        var context = new Context(contextId, "bench", "echo", null, Context.Concurrency.PARALLEL, now, now, 1);
        var task =
                new TaskRecord(taskId, contextId, "bench", "echo", TaskState.SUBMITTED, now, 1, 1, 0, null, 0, false);
        store.submit(
                        contextId,
                        Durability.FSYNCED,
                        before -> new Write<>(
                                true,
                                context,
                                List.of(task),
                                List.of(new Journal.Entry<>(1, new Event(taskId, Event.Kind.TASK, task.state(), made))),
                                List.of(),
                                null,
                                () -> pending.put(taskId, new Pending(call.words(), System.nanoTime(), reader)),
                                () -> {}))
                .get();
        EventStream out = exchange.eventStream();
        out.send(new FrameBuffer().event(1, BeforeCall.HEAD, made, BeforeCall.TAIL));
        for (Frame frame = null; frame == null || !frame.last(); ) {
            frame = reader.take();
            out.send(new FrameBuffer().event(frame.id(), BeforeCall.HEAD, frame.payload(), BeforeCall.TAIL));
        }
    }

    private void tick() {
        try {
            for (TaskRecord task : store.<List<TaskRecord>>read(null, reader -> reader.runnable(BATCH))) {
                acquire(task);
            }
        } catch (Exception e) {
            LOG.error("a tick failed", e);
        }
    }

    private void acquire(TaskRecord task) throws ExecutionException, InterruptedException {
        Instant now = Instant.now();
        TaskRecord working = task.leased("ticker", now);
        byte[] status = Before.status(task.id(), task.contextId(), TaskState.WORKING);
        change(working, 2, new Event(task.id(), Event.Kind.STATUS, TaskState.WORKING, status));
        Pending sent = pending.remove(task.id());
        if (sent == null) {
            throw new IllegalStateException("a task that nobody sent: " + task.id());
        }
        sent.reader().add(new Frame(2, status, false));
        Thread.startVirtualThread(() -> {
            controls.starts().started(System.nanoTime() - sent.committedAt());
            work(working, sent);
        });
    }

    private void work(TaskRecord task, Pending sent) {
        long id = 2;
        for (int i = 1; i <= sent.words(); i++) {
            sent.reader().add(new Frame(++id, Before.word(task.id(), task.contextId(), i, sent.words()), false));
        }
        byte[] status = Before.status(task.id(), task.contextId(), TaskState.COMPLETED);
        try {
            TaskRecord done = task.withState(TaskState.COMPLETED, Instant.now()).withMerged();
            change(done, 3, new Event(task.id(), Event.Kind.STATUS, TaskState.COMPLETED, status));
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        sent.reader().add(new Frame(++id, status, true));
    }

    private void change(TaskRecord task, long offset, Event event) throws ExecutionException, InterruptedException {
        store.submit(task.contextId(), Durability.FSYNCED, before -> {
                    Context context = before.context(task.contextId());
                    if (context == null) {
                        throw new IllegalStateException("no context " + task.contextId());
                    }
                    var events = new ArrayList<Journal.Entry<Event>>();
                    events.add(new Journal.Entry<>(offset, event));
                    return new Write<>(
                            true,
                            context.at(offset).changed(task.statusAt()),
                            List.of(task),
                            events,
                            List.of(),
                            null,
                            () -> {},
                            () -> {});
                })
                .get();
    }
}
