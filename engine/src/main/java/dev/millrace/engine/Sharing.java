package dev.millrace.engine;

import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** This process among those that share its store: its own lease, and what it sees of the others. */
final class Sharing {
    private final Replicas replicas;
    private final Tenure tenure;
    private final Neighbours neighbours;

    Sharing(
            Store store,
            Replicas replicas,
            EngineSettings settings,
            Workers workers,
            Turns turns,
            Journals journals,
            Runnable runnable,
            Function<TaskRecord, CompletableFuture<?>> recovery,
            Neighbours.Tidying tidying,
            Feeds feeds) {
        this.replicas = replicas;
        neighbours = new Neighbours(store, replicas, settings, workers, journals, runnable, recovery, tidying, feeds);
        tenure = new Tenure(
                replicas,
                settings,
                workers,
                former -> turns.running().stream()
                        .filter(turn -> former.equals(turn.lease().task().leasedBy()))
                        .forEach(turn -> turn.lose("this process gave up its lease")),
                neighbours::nextEnd,
                () -> {
                    neighbours.lookAgain();
                    runnable.run();
                });
    }

    String holder() {
        return tenure.id();
    }

    void join() {
        replicas.onLoss(tenure::forfeit);
        tenure.start();
    }

    void start() {
        neighbours.start(this::holder);
    }

    void tellOthers() {
        replicas.ring();
    }

    void stopLooking() {
        neighbours.stop();
    }

    /** Everything that was held is ended or handed back. */
    void leave() {
        tenure.stop();
        replicas.ring();
    }
}
