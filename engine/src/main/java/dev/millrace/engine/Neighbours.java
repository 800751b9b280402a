package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the other processes that share the store do, as far as it matters here: events that readers here wait for, tasks
 * that were taken from turns here, tasks that can run, tasks whose process is dead.
 *
 * <p>Hints bring each of these at once. As a hint may be lost, everything is looked at when the next lease of another
 * process may have run out, and at least every {@link EngineSettings#lookAgain}.
 */
final class Neighbours implements Replicas.Listener {
    /** What is done when a process has gone. */
    @FunctionalInterface
    interface Tidying {
        /** @throws StoreFailure if it has to be tried again */
        void run() throws InterruptedException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Neighbours.class);

    /** How long to wait after the store failed, if no word comes before. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** A lease is looked at a little after its end: by then the store's clock has passed it. */
    private static final Duration AFTER_THE_END = Duration.ofMillis(20);

    private final Store store;
    private final Replicas replicas;
    private final EngineSettings settings;
    private final Workers workers;
    private final Journals journals;
    private final Runnable runnable;
    private final Function<TaskRecord, CompletableFuture<?>> recovery;
    private final Tidying tidying;
    private final Feeds feeds;
    private final Doorbell bell;
    private final LeaseEnds ends = new LeaseEnds();

    /** Contexts that are being brought or checked, and the offset that was heard of last. */
    private final Map<String, Long> heard = new ConcurrentHashMap<>();

    /** Those that were alive at the look before. */
    private Set<String> alive = Set.of();

    /** Tasks held in our name that no turn here runs, as of the look before. */
    private Map<String, Long> forsaken = Map.of();

    private volatile boolean stopped;
    private volatile boolean lookNow;
    private @Nullable Thread thread;

    /**
     * @param runnable called when a task may be runnable
     * @param recovery takes up a task whose holder is dead
     * @param tidying takes away what is of no use without its process
     * @param feeds where those look who watch lists
     */
    Neighbours(
            Store store,
            Replicas replicas,
            EngineSettings settings,
            Workers workers,
            Journals journals,
            Runnable runnable,
            Function<TaskRecord, CompletableFuture<?>> recovery,
            Tidying tidying,
            Feeds feeds) {
        this.store = store;
        this.replicas = replicas;
        this.settings = settings;
        this.workers = workers;
        this.journals = journals;
        this.runnable = runnable;
        this.recovery = recovery;
        this.tidying = tidying;
        this.feeds = feeds;
        bell = new Doorbell(settings.pace());
    }

    /** When the next lease of another process may run out; null = there is no other. */
    void nextEnd(@Nullable Duration in) {
        if (in != null) {
            ends.add(settings.pace().nanoTime() + in.plus(AFTER_THE_END).toNanos());
            bell.ring();
        }
    }

    /** @param holder in whose name this process holds its tasks now */
    void start(Supplier<String> holder) {
        replicas.listen(this);
        thread = Thread.ofVirtual().name("millrace-neighbours").start(() -> run(holder));
    }

    void stop() {
        stopped = true;
        bell.ring();
        if (thread != null) {
            Threads.join(thread);
        }
    }

    @Override
    public void changed(String contextId, long lastOffset) {
        if (stopped || !(journals.isBehind(contextId, lastOffset) || workers.runsIn(contextId))) {
            return;
        }
        if (heard.putIfAbsent(contextId, lastOffset) == null) {
            Thread.ofVirtual().name("news-" + contextId).start(() -> follow(contextId));
        } else if (heard.computeIfPresent(contextId, (id, before) -> Math.max(before, lastOffset)) == null) {
            changed(contextId, lastOffset); // whoever followed it was done just now
        }
    }

    @Override
    public void runnable() {
        runnable.run();
    }

    @Override
    public void listChanged(String owner) {
        feeds.ring(owner);
    }

    @Override
    public void lookAgain() {
        lookNow = true;
        bell.ring();
        feeds.ringAll();
    }

    private void follow(String contextId) {
        try {
            for (Long offset = heard.get(contextId); offset != null; offset = heard.get(contextId)) {
                if (stopped || (followed(contextId, offset) && heard.remove(contextId, offset))) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts this", e);
            heard.remove(contextId);
        }
    }

    /** False if the store could not be asked; then a pause has passed. Whoever looked meanwhile relies on this one. */
    private boolean followed(String contextId, long offset) throws InterruptedException {
        try {
            journals.bring(contextId, offset);
            if (workers.runsIn(contextId)) {
                check(contextId);
            }
            return true;
        } catch (StoreFailure e) {
            LOG.warn(
                    "what another process wrote in context {} is shown later, trying again in {}: {}",
                    contextId,
                    RETRY,
                    e.getMessage());
            boolean rung = new Doorbell(settings.pace()).await(RETRY);
            LOG.trace("trying again, rung: {}", rung);
            return false;
        }
    }

    /** Turns of this context whose task was taken from them are told. */
    private void check(String contextId) throws InterruptedException {
        for (LiveTurn turn : workers.all()) {
            if (turn.contextId().equals(contextId)) {
                TaskRecord now = store.<@Nullable TaskRecord>read(contextId, reader -> reader.task(turn.taskId()));
                if (now == null
                        || now.state() != TaskState.WORKING
                        || now.epoch() != turn.lease().task().epoch()) {
                    turn.lose(
                            "task " + turn.taskId() + " is " + (now == null ? "gone" : now.state())
                                    + ", by another process",
                            now == null || now.state().terminal());
                }
            }
        }
    }

    private void run(Supplier<String> holder) {
        try {
            while (!stopped) {
                boolean looked = look(holder.get());
                await(looked || settings.lookAgain().compareTo(RETRY) < 0 ? settings.lookAgain() : RETRY);
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts this", e);
        }
    }

    /** Waits for a word, for the next end of a lease, or at most this long. */
    private void await(Duration atMost) throws InterruptedException {
        long now = settings.pace().nanoTime();
        long anyway = now + atMost.toNanos();
        while (!stopped && !lookNow && ends.first(anyway) - now > 0) {
            bell.await(Duration.ofNanos(ends.first(anyway) - now));
            now = settings.pace().nanoTime();
        }
        ends.look(now);
        lookNow = false;
    }

    /** False if something of it could not be done, and is to be tried again soon. */
    private boolean look(String id) throws InterruptedException {
        try {
            boolean takenUp = takeUp(store.read(null, reader -> reader.leasedByOthers(id)));
            takenUp &= checkTurns(id);
            Map<String, Long> last = replicas.lastOffsets(journals.read());
            last.forEach(this::changed);
            runnable.run();
            tidyUp();
            return takenUp;
        } catch (StoreFailure e) {
            LOG.warn("what other processes do can't be seen now: {}", e.getMessage());
            return false;
        }
    }

    /** Each of those that are left does it; where it is done already, it is nothing. */
    private void tidyUp() throws InterruptedException {
        Set<String> now = replicas.alive().stream().map(Replicas.Alive::id).collect(Collectors.toSet());
        if (!now.containsAll(alive)) {
            tidying.run();
        }
        alive = now;
    }

    /** Takes up what dead processes left; false if not all of it could be. */
    private boolean takeUp(List<TaskRecord> orphans) {
        var recoveries = new ArrayList<CompletableFuture<?>>();
        orphans.forEach(orphan -> recoveries.add(recovery.apply(orphan)));
        boolean all = true;
        for (CompletableFuture<?> each : recoveries) {
            try {
                each.join();
            } catch (CompletionException e) {
                LOG.warn("a task of a dead process was not taken up, trying again in {}: {}", RETRY, e.toString());
                all = false;
            }
        }
        if (!orphans.isEmpty()) {
            LOG.info("took up {} task(s) whose process is dead", orphans.size());
        }
        return all;
    }

    /**
     * Turns whose task is not held in our name any more are told. A task that is held in our name while no turn runs it
     * here, at two looks, is taken up again: its turn could not store its end.
     */
    private boolean checkTurns(String id) throws InterruptedException {
        List<LiveTurn> turns = List.copyOf(workers.all()); // before the question: whoever starts later is not in it
        Map<String, Long> held = replicas.held(id);
        for (LiveTurn turn : turns) {
            Long epoch = held.get(turn.taskId());
            if (epoch == null || epoch != turn.lease().task().epoch()) {
                turn.lose("task " + turn.taskId() + " is no longer held by this process");
            }
        }
        boolean all = true;
        var left = new HashMap<>(held);
        workers.all().forEach(turn -> left.remove(turn.taskId()));
        turns.forEach(turn -> left.remove(turn.taskId()));
        for (Map.Entry<String, Long> each : left.entrySet()) {
            if (each.getValue().equals(forsaken.get(each.getKey()))) {
                TaskRecord task = store.<@Nullable TaskRecord>read(null, reader -> reader.task(each.getKey()));
                if (task != null) {
                    all &= takeUp(List.of(task));
                }
            }
        }
        forsaken = left;
        return all;
    }
}
