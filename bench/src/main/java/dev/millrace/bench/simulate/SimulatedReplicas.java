package dev.millrace.bench.simulate;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one process says to the others and hears of them. */
final class SimulatedReplicas implements Replicas {
    private final Scheduler scheduler;
    private final Host host;
    private final Wire wire;
    private final Database database;
    private final Grapevine grapevine;
    private final Deque<Consumer<Listener>> heard = new ArrayDeque<>();
    private final Doorbell bell;
    private Consumer<String> onHeard = contextId -> {};
    private @Nullable Listener listener;
    private boolean closed;

    SimulatedReplicas(Scheduler scheduler, Host host, Wire wire, Database database, Grapevine grapevine) {
        this.scheduler = scheduler;
        this.host = host;
        this.wire = wire;
        this.database = database;
        this.grapevine = grapevine;
        bell = new Doorbell(host);
    }

    /** Told of each context that another process is said to have written in, before the listener is. */
    void onHeard(Consumer<String> what) {
        onHeard = what;
    }

    boolean reachable() {
        return listener != null && !closed && !wire.isCut() && !host.lane().dead();
    }

    /** Somebody says this. */
    void hear(Consumer<Listener> word) {
        heard.add(word);
        bell.ring();
    }

    void wrote(String contextId, long lastOffset) {
        grapevine.tell(this, listening -> listening.changed(contextId, lastOffset), contextId);
    }

    void heardOf(String contextId) {
        onHeard.accept(contextId);
    }

    void close() {
        closed = true;
        grapevine.remove(this);
        bell.ring();
    }

    /** The wire was mended: much may have been missed. */
    void lookAgain() {
        if (reachable()) {
            hear(Listener::lookAgain);
        }
    }

    private <R> R ask(Supplier<R> question) {
        try {
            return wire.askFirmly(question);
        } catch (Wire.Cut e) {
            throw new StoreFailure("the database can't be asked", e);
        }
    }

    private Renewal lease(String id, Duration lease, boolean join) {
        return ask(() -> {
            boolean alive = database.lease(id, lease.toNanos(), join);
            long next = database.nextEnd(id);
            scheduler.note(host.lane().name(), (join ? "joins as " : "renews ") + id + ": " + alive);
            return new Renewal(alive, next < 0 ? null : Duration.ofNanos(next));
        });
    }

    @Override
    public Renewal join(String id, Duration lease) {
        Renewal joined = lease(id, lease, true);
        grapevine.tell(this, Listener::lookAgain, null);
        return joined;
    }

    @Override
    public Renewal renew(String id, Duration lease) {
        return lease(id, lease, false);
    }

    @Override
    public void leave(String id) {
        ask(() -> {
            database.leave(id);
            scheduler.note(host.lane().name(), "leaves " + id);
            return id;
        });
        grapevine.tell(this, Listener::lookAgain, null);
    }

    /** A database that is shared is another machine's here, and does not lose its power. */
    @Override
    public void onLoss(Runnable listener) {}

    @Override
    public void listen(Listener to) {
        listener = to;
        grapevine.add(this);
        host.lane().start("listener", () -> {
            to.lookAgain();
            try {
                while (!closed) {
                    Consumer<Listener> word = heard.poll();
                    if (word == null) {
                        bell.await();
                    } else {
                        word.accept(to);
                        scheduler.perhapsYield();
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts the listener", e);
            }
        });
    }

    @Override
    public void ring() {
        grapevine.tell(this, Listener::runnable, null);
    }

    private <R> R read(Supplier<R> question) throws InterruptedException {
        try {
            return wire.ask(question);
        } catch (Wire.Cut e) {
            throw new StoreFailure("the database can't be read", e);
        }
    }

    @Override
    public Map<String, Long> lastOffsets(Collection<String> contextIds) throws InterruptedException {
        if (contextIds.isEmpty()) {
            return Map.of();
        }
        return read(() -> {
            var offsets = new TreeMap<String, Long>();
            for (String id : contextIds) {
                var context = database.state().context(id).context();
                if (context != null) {
                    offsets.put(id, context.lastOffset());
                }
            }
            return offsets;
        });
    }

    @Override
    public List<Alive> alive() throws InterruptedException {
        return read(() -> database.alive().entrySet().stream()
                .map(lease ->
                        new Alive(lease.getKey(), Duration.ofNanos(lease.getValue()), workingUnder(lease.getKey())))
                .toList());
    }

    private long workingUnder(String id) {
        return database.state().contexts().values().stream()
                .flatMap(kept -> kept.tasks().values().stream())
                .filter(task -> task.state() == TaskState.WORKING && id.equals(task.leasedBy()))
                .count();
    }

    @Override
    public Map<String, Long> held(String id) throws InterruptedException {
        return read(() -> {
            var held = new TreeMap<String, Long>();
            for (Kept kept : database.state().contexts().values()) {
                for (TaskRecord task : kept.tasks().values()) {
                    if (task.state() == TaskState.WORKING && id.equals(task.leasedBy())) {
                        held.put(task.id(), task.epoch());
                    }
                }
            }
            return held;
        });
    }
}
