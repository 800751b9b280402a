package dev.millrace.bench.simulate;

import dev.millrace.core.Pace;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Observer;
import dev.millrace.engine.Refused;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One server from its start to its end: a real engine over a simulated store. */
final class Server {
    private final Scheduler scheduler;
    private final Lane lane;
    private final Host host;
    private final Wire wire;
    private final @Nullable SimulatedReplicas replicas;
    private final Engine engine;
    private boolean up;
    private boolean stopping;
    private boolean ended;

    Server(Scheduler scheduler, Scenario scenario, World world, String name) {
        this.scheduler = scheduler;
        lane = new Lane(scheduler, name);
        host = new Host(scheduler, lane);
        wire = new Wire(scheduler, host, scenario.wireNanos());
        replicas = scenario.shared()
                ? new SimulatedReplicas(scheduler, host, wire, world.database(), world.grapevine())
                : null;
        var store = new SimulatedStore(scheduler, host, wire, world.database(), replicas);
        engine = new Engine(
                store,
                AgentCatalog.of("script", new Script(scheduler, host, world.runs())),
                new EngineSettings(
                        name,
                        scenario.maxTurns(),
                        scenario.maxQueued(),
                        scenario.maxAttempts(),
                        Duration.ofDays(1),
                        scenario.lease(),
                        scenario.lookAgain(),
                        scenario.tailBytes(),
                        host,
                        (Pace) host,
                        () -> {
                            scheduler.perhapsYield();
                            return world.nextId();
                        },
                        new Observer() {
                            @Override
                            public void firstChunk(String taskId) {
                                scheduler.perhapsYield();
                            }

                            @Override
                            public void started(String taskId, long nanos) {
                                scheduler.perhapsYield();
                            }
                        }));
    }

    Lane lane() {
        return lane;
    }

    Host host() {
        return host;
    }

    Wire wire() {
        return wire;
    }

    Engine engine() {
        return engine;
    }

    String name() {
        return lane.name();
    }

    /** True while it takes requests, whether or not it answers them. */
    boolean up() {
        return up && !lane.dead();
    }

    void start() {
        scheduler.note(name(), "starts");
        lane.start("main", this::begin);
    }

    private void begin() {
        try {
            engine.start();
            up = !stopping;
            scheduler.note(name(), "is up");
        } catch (StoreFailure | Refused e) {
            scheduler.note(name(), "can't start: " + e.getMessage());
            scheduler.after(0, this::kill); // as a server does that can't reach its database
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a start", e);
        }
    }

    void mend() {
        if (wire.isCut()) {
            scheduler.note(name(), "reaches the database again");
            wire.mend();
            if (replicas != null) {
                replicas.lookAgain();
            }
        }
    }

    void kill() {
        scheduler.note(name(), "is killed");
        up = false;
        lane.kill();
        if (replicas != null) {
            replicas.close();
        }
    }

    /** Stops it in order, then does {@code after}. */
    void stop(Duration drain, Runnable after) {
        stopping = true;
        scheduler.note(name(), "stops");
        lane.start("stop", () -> {
            up = false;
            engine.stop(drain);
            ended = true;
            scheduler.note(name(), "has stopped");
            scheduler.after(0, after);
        });
    }

    boolean stopping() {
        return stopping;
    }

    /** True once nothing of it holds the store any more. */
    boolean gone() {
        return ended || lane.dead();
    }
}
