package dev.millrace.bench.simulate;

import dev.millrace.engine.store.Replicas;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Carries hints between processes. If it is unreliable, some are late, some come twice and some never. */
final class Grapevine {
    private static final long LATE = 200_000_000;

    private final Scheduler scheduler;
    private final boolean unreliable;
    private final List<SimulatedReplicas> listening = new ArrayList<>();

    Grapevine(Scheduler scheduler, boolean unreliable) {
        this.scheduler = scheduler;
        this.unreliable = unreliable;
    }

    void add(SimulatedReplicas replica) {
        listening.add(replica);
    }

    void remove(SimulatedReplicas replica) {
        listening.remove(replica);
    }

    /** @param contextId that the word is about; null = about none */
    void tell(SimulatedReplicas from, Consumer<Replicas.Listener> word, @Nullable String contextId) {
        for (SimulatedReplicas to : List.copyOf(listening)) {
            if (to == from) {
                continue;
            }
            int times = !unreliable ? 1 : scheduler.once(5) ? 0 : scheduler.once(5) ? 2 : 1;
            for (int i = 0; i < times; i++) {
                long late = unreliable && scheduler.once(4) ? LATE : 2_000_000;
                scheduler.after(scheduler.random().nextLong(late), () -> {
                    if (to.reachable()) {
                        if (contextId != null) {
                            to.heardOf(contextId);
                        }
                        to.hear(word);
                    }
                });
            }
        }
    }
}
