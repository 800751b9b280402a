package dev.millrace.bench.simulate;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The store as one process has it: what is submitted stands in a line for its context, is decided in groups on a view that
 * may be old, and is written by compare-and-set over the {@link Wire}. Who loses is decided again. If the wire is cut
 * while a group is under way, what became of it is found out before anybody is told; who waits for that too long is told
 * that nobody knows.
 *
 * <p>It promises what {@link Store} does, and no more: everything that this leaves open, a seed decides.
 */
final class SimulatedStore implements Store {
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private record Submitted<R>(
            Durability durability, Function<Reader, Write<R>> decide, CompletableFuture<R> future, long at) {}

    /** A decision that nobody was told of yet. */
    private record Decided(
            Submitted<?> submitted,
            @Nullable Write<?> write,
            @Nullable Throwable refusal) {
        void undo() {
            if (write != null) {
                write.aborted().run();
            }
        }

        @SuppressWarnings("unchecked")
        void tell(Scheduler scheduler) {
            if (write == null) {
                submitted.future().completeExceptionally(refusal == null ? new StoreFailure("undecided") : refusal);
                return;
            }
            write.written().run();
            scheduler.perhapsYield();
            write.committed().run();
            scheduler.perhapsYield();
            ((CompletableFuture<Object>) submitted.future()).complete(write.result());
        }
    }

    private static final class Line {
        final Deque<Submitted<?>> waiting = new ArrayDeque<>();
        boolean taken;
    }

    private final Scheduler scheduler;
    private final Host host;
    private final Wire wire;
    private final Database database;
    private final @Nullable SimulatedReplicas replicas;
    private final Map<String, Line> lines = new HashMap<>();
    private final Map<String, Kept> views = new HashMap<>();
    private final Doorbell idle;
    private boolean closing;

    /** @param replicas null = the database is this process's own */
    SimulatedStore(Scheduler scheduler, Host host, Wire wire, Database database, @Nullable SimulatedReplicas replicas) {
        this.scheduler = scheduler;
        this.host = host;
        this.wire = wire;
        this.database = database;
        this.replicas = replicas;
        idle = new Doorbell(host);
        if (replicas != null) {
            replicas.onHeard(views::remove);
        }
    }

    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        scheduler.perhapsYield();
        var future = new CompletableFuture<R>();
        if (closing) {
            future.completeExceptionally(new StoreFailure("the store is closed"));
            return future;
        }
        Line line = lines.computeIfAbsent(contextId, id -> new Line());
        line.waiting.add(new Submitted<>(durability, decide, future, scheduler.now()));
        if (!line.taken) {
            line.taken = true;
            host.lane().start("writer-" + contextId, () -> drain(contextId, line));
        }
        scheduler.perhapsYield();
        return future;
    }

    private void drain(String contextId, Line line) {
        while (!line.waiting.isEmpty()) {
            var group = new ArrayList<Submitted<?>>();
            int size = 1 + scheduler.random().nextInt(4);
            while (group.size() < size && !line.waiting.isEmpty()) {
                group.add(line.waiting.remove());
            }
            write(contextId, group);
        }
        lines.remove(contextId);
        if (lines.isEmpty()) {
            idle.ring();
        }
    }

    /** Until every one of them was told. */
    private void write(String contextId, List<Submitted<?>> group) {
        boolean fresh = false;
        while (true) {
            var decided = new ArrayList<Decided>();
            try {
                Kept view = view(contextId, fresh);
                boolean guessed = view.context() == null && !fresh;
                Kept after = decide(contextId, view, group, decided);
                boolean writes = decided.stream()
                        .anyMatch(each -> each.write() != null && !each.write().isEmpty());
                if (!writes && guessed) {
                    decided.forEach(Decided::undo);
                    fresh = true;
                    continue;
                }
                scheduler.perhapsYield();
                if ((!writes && fresh) || commit(contextId, view, decided)) {
                    views.put(contextId, after);
                    settle(contextId, after, writes, decided);
                    return;
                }
                decided.forEach(Decided::undo);
                fresh = true;
            } catch (StoreFailure refused) {
                decided.forEach(Decided::undo);
                if (group.size() > 1) {
                    group.forEach(each -> write(contextId, List.of(each)));
                } else {
                    group.getFirst().future().completeExceptionally(refused);
                }
                return;
            }
        }
    }

    private void settle(String contextId, Kept after, boolean writes, List<Decided> decided) {
        if (writes && replicas != null && after.context() != null) {
            replicas.wrote(contextId, after.context().lastOffset());
        }
        for (Decided each : decided) {
            scheduler.perhapsYield();
            each.tell(scheduler);
        }
    }

    private Kept view(String contextId, boolean fresh) {
        if (!fresh) {
            Kept known = views.getOrDefault(contextId, Kept.NOTHING);
            if (!scheduler.once(3)) {
                return known;
            }
        }
        return patiently(() -> database.state().context(contextId));
    }

    /** A question that changes nothing is asked again for as long as the store is patient. */
    private <R> R patiently(Supplier<R> question) {
        long asked = scheduler.now();
        while (true) {
            try {
                return wire.askFirmly(question);
            } catch (Wire.Cut e) {
                if (scheduler.now() - asked > PATIENCE.toNanos() || closing) {
                    throw new StoreFailure("the database can't be reached", e);
                }
                host.parkNanos(this, PAUSE.toNanos());
            }
        }
    }

    private Kept decide(String contextId, Kept view, List<Submitted<?>> group, List<Decided> decided) {
        State state = database.state().with(contextId, view);
        for (Submitted<?> each : group) {
            Decided made = decide(each, new StateReader(state, scheduler.now(), database.shared()));
            decided.add(made);
            if (made.write() != null) {
                state = state.after(contextId, made.write());
            }
        }
        return state.context(contextId).version() == view.version()
                ? view
                // As one write to the database: what was decided together has one version.
                : state.context(contextId);
    }

    private static Decided decide(Submitted<?> submitted, Reader reader) {
        try {
            return new Decided(submitted, submitted.decide().apply(reader), null);
        } catch (RuntimeException | Error refusal) {
            return new Decided(submitted, null, refusal);
        }
    }

    /** False if somebody else was faster. */
    private boolean commit(String contextId, Kept view, List<Decided> decided) {
        var writes = new ArrayList<Write<?>>();
        Durability durability = Durability.WRITTEN;
        for (Decided each : decided) {
            if (each.write() != null) {
                writes.add(each.write());
                durability = each.submitted().durability() == Durability.FSYNCED ? Durability.FSYNCED : durability;
            }
        }
        var request = new Database.Request(
                database.nextRequest(), host.lane().name(), contextId, view.version(), writes, durability);
        while (true) {
            try {
                return wire.askFirmly(() -> database.commit(request)) == Database.Outcome.COMMITTED;
            } catch (Wire.Cut e) {
                if (e.sent()) {
                    return findOut(request, decided);
                }
                if (scheduler.now() - decided.getFirst().submitted().at() > PATIENCE.toNanos() || closing) {
                    throw new StoreFailure("the database can't be reached", e);
                }
                host.parkNanos(this, PAUSE.toNanos());
            }
        }
    }

    /** What is in doubt is held until it is known, even if nobody waits any more: what follows a commit must be done. */
    private boolean findOut(Database.Request request, List<Decided> decided) {
        scheduler.note(host.lane().name(), "is in doubt about its write in " + request.contextId());
        while (true) {
            try {
                return wire.askFirmly(() -> database.ask(request.number())) == Database.Outcome.COMMITTED;
            } catch (Wire.Cut e) {
                for (Decided each : decided) {
                    if (scheduler.now() - each.submitted().at() > PATIENCE.toNanos()) {
                        each.submitted()
                                .future()
                                .completeExceptionally(new StoreFailure("whether it was written is not known"));
                    }
                }
                if (closing) {
                    throw new StoreFailure("the store was closed, and whether it was written is not known", e);
                }
                host.parkNanos(this, PAUSE.toNanos());
            }
        }
    }

    @Override
    public <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        StateReader reader;
        try {
            reader = wire.ask(database::reader);
        } catch (Wire.Cut e) {
            throw new StoreFailure("the database can't be read", e);
        }
        R answer = query.apply(reader);
        scheduler.perhapsYield();
        return answer;
    }

    @Override
    public @Nullable Replicas replicas() {
        return replicas;
    }

    @Override
    public void close() {
        closing = true;
        boolean interrupted = false;
        while (!lines.isEmpty()) {
            try {
                idle.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (replicas != null) {
            replicas.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
