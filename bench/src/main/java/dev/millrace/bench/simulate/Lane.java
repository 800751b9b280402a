package dev.millrace.bench.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The threads of one simulated process. All of them stop at once when it is frozen or killed, wherever they are; a killed
 * one's threads never run again, whatever they hold.
 */
final class Lane implements Executor {
    private final Scheduler scheduler;
    private final String name;
    private final Thread.Builder.OfVirtual threads;
    private final List<Runnable> held = new ArrayList<>();
    private boolean frozen;
    private boolean dead;

    Lane(Scheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.name = name;
        threads = VirtualThreads.on(this);
    }

    String name() {
        return name;
    }

    /** Starts a thread of this process. The threads that it starts belong to this process, too. */
    Thread start(String what, Runnable body) {
        return threads.name(what).start(() -> {
            try {
                body.run();
            } catch (RuntimeException | Error e) {
                scheduler.crash(name + "/" + what, e);
            }
        });
    }

    @Override
    public void execute(Runnable step) {
        if (dead) {
            return;
        }
        if (frozen) {
            held.add(step);
        } else {
            scheduler.ready(this, step);
        }
    }

    /** False if what was ready must not run now. */
    boolean admits(Runnable step) {
        if (frozen && !dead) {
            held.add(step);
        }
        return !frozen && !dead;
    }

    boolean frozen() {
        return frozen;
    }

    boolean dead() {
        return dead;
    }

    void freeze() {
        frozen = true;
    }

    void thaw() {
        frozen = false;
        List<Runnable> steps = List.copyOf(held);
        held.clear();
        steps.forEach(this::execute);
    }

    void kill() {
        dead = true;
        held.clear();
    }
}
