package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts what had to wait for a place. It sleeps until its doorbell rings (a task was left waiting, or a place is free
 * while tasks wait) and then takes tasks from all owners in turn until nothing is runnable or no place is free.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** Tasks looked up at once. */
    private static final int BATCH = 64;

    /** How long to wait after the store failed, if no bell rings before. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Store store;
    private final Ledger ledger;
    private final Workers workers;
    private final Doorbell bell = new Doorbell();
    private volatile boolean waiting;
    private volatile boolean stopped;
    private boolean failed;
    private @Nullable Thread thread;

    Dispatcher(Store store, Ledger ledger, Workers workers) {
        this.store = store;
        this.ledger = ledger;
        this.workers = workers;
    }

    void start() {
        waiting = true; // there may be work from before this start
        bell.ring();
        thread = Thread.ofVirtual().name("millrace-dispatcher").start(this::run);
    }

    /** A runnable task was left without a place. */
    void leftWaiting() {
        waiting = true;
        bell.ring();
    }

    /** A place was given back. */
    void placeFree() {
        if (waiting) {
            bell.ring();
        }
    }

    void stop() throws InterruptedException {
        stopped = true;
        bell.ring();
        if (thread != null) {
            thread.join();
        }
    }

    private void run() {
        try {
            while (!stopped) {
                if (failed) {
                    bell.await(RETRY);
                } else {
                    bell.await();
                }
                drain();
            }
        } catch (InterruptedException e) {
            LOG.debug("the dispatcher was interrupted");
        }
    }

    private void drain() throws InterruptedException {
        List<TaskRecord> inVain = List.of();
        while (!stopped && workers.free() > 0) {
            waiting = false; // before the look: whoever is left waiting after it sets it again
            try {
                int batch = Math.min(BATCH, workers.free());
                List<TaskRecord> ready = store.read(null, reader -> reader.runnable(batch));
                failed = false;
                if (ready.isEmpty() || ready.equals(inVain)) {
                    return;
                }
                waiting = true; // there may be more than this batch, or no place for all of it
                inVain = start(ready) == 0 ? ready : List.of();
            } catch (ExecutionException | RuntimeException e) {
                LOG.error("waiting tasks could not be started, trying again in {}: {}", RETRY, e.toString());
                failed = true;
                waiting = true;
                return;
            }
        }
    }

    private int start(List<TaskRecord> ready) throws InterruptedException, ExecutionException {
        var started = new ArrayList<CompletableFuture<Integer>>();
        for (TaskRecord task : ready) {
            started.add(ledger.look(task.contextId()));
        }
        int count = 0;
        for (Future<Integer> each : started) {
            count += each.get();
        }
        return count;
    }
}
