package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.core.Pace;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
final class Dispatcher implements Ledger.Line {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** Tasks looked up at once. */
    private static final int BATCH = 64;

    /** How long to wait after the store failed, if no bell rings before. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Store store;
    private final Ledger ledger;
    private final Workers workers;
    private final Doorbell bell;

    /** When each owner last had a turn from here, in turns; who is not in it has waited longer than all of these. */
    private final Map<String, Long> served = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > 10_000;
        }
    };

    private long serving;
    private volatile boolean waiting;
    private volatile boolean stopped;
    private boolean failed;
    private @Nullable Thread thread;

    /** @param pace what a pause goes by */
    Dispatcher(Store store, Ledger ledger, Workers workers, Pace pace) {
        this.store = store;
        this.ledger = ledger;
        this.workers = workers;
        bell = new Doorbell(pace);
    }

    /** Starts what waits from before, then waits for more. */
    void start() throws InterruptedException {
        waiting = true; // somebody may wait from before, and what was recovered may have every place
        drain();
        thread = Thread.ofVirtual().name("millrace-dispatcher").start(this::run);
    }

    @Override
    public boolean othersWait() {
        return waiting;
    }

    @Override
    public void leftWaiting() {
        waiting = true;
        bell.ring();
    }

    @Override
    public void placeFree() {
        if (waiting) {
            bell.ring();
        }
    }

    void stop() {
        stopped = true;
        bell.ring();
        if (thread != null) {
            Threads.join(thread);
        }
    }

    private void run() {
        try {
            while (!stopped) {
                if (failed) {
                    pause();
                } else {
                    bell.await();
                }
                drain();
            }
        } catch (InterruptedException e) {
            LOG.debug("the dispatcher was interrupted");
        }
    }

    /** Forgets the rings of the failure itself (its places were given back), or else it would be tried without end. */
    private void pause() throws InterruptedException {
        boolean rung = bell.poll();
        if (!stopped) {
            LOG.trace("trying again in {}, rung: {}", RETRY, rung);
            bell.await(RETRY);
        }
    }

    private void drain() throws InterruptedException {
        List<TaskRecord> inVain = List.of(); // or else a look that never finds what the list shows would be endless
        while (!stopped && workers.free() > 0) {
            waiting = false; // before the look: whoever is left waiting after it sets it again
            try {
                List<TaskRecord> ready = store.read(null, reader -> reader.runnable(BATCH));
                failed = false;
                if (ready.isEmpty() || ready.equals(inVain)) {
                    return;
                }
                waiting = true; // there may be more than this batch, or no place for all of it
                inVain = start(ready) ? List.of() : ready;
            } catch (ExecutionException | RuntimeException | Error e) {
                LOG.error("waiting tasks could not be started, trying again in {}: {}", RETRY, e.toString());
                failed = true;
                waiting = true;
                return;
            }
        }
    }

    /**
     * Starts as many as there are places; whose turn was the longest ago comes first. False if it could start none for
     * another reason than that the places were taken meanwhile: a place that is given back before the next look may
     * ring no bell, so that look must be made.
     */
    private boolean start(List<TaskRecord> ready) throws InterruptedException, ExecutionException {
        var byOwner = new LinkedHashMap<String, Deque<TaskRecord>>();
        ready.forEach(task ->
                byOwner.computeIfAbsent(task.owner(), o -> new ArrayDeque<>()).add(task));
        var looks = new ArrayList<CompletableFuture<Ledger.Look>>();
        int places = workers.free();
        while (looks.size() < places && !byOwner.isEmpty()) {
            String owner = Collections.min(byOwner.keySet(), Comparator.comparing(o -> served.getOrDefault(o, 0L)));
            Deque<TaskRecord> line = Objects.requireNonNull(byOwner.get(owner));
            looks.add(ledger.look(line.remove().contextId()));
            served.put(owner, ++serving);
            if (line.isEmpty()) {
                byOwner.remove(owner);
            }
        }
        boolean any = looks.isEmpty();
        for (Future<Ledger.Look> each : looks) {
            any |= each.get() != Ledger.Look.NOTHING;
        }
        return any;
    }
}
