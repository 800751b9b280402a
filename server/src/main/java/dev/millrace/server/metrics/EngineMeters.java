package dev.millrace.server.metrics;

import dev.millrace.engine.Observer;
import dev.millrace.engine.Stage;
import dev.millrace.protocol.TaskState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the engine does. Each meter is made beforehand, since looking one up costs more than the engine's hot paths
 * should pay.
 */
final class EngineMeters implements Observer {
    /** From well under a commit on a fast disk to a wait that somebody would call an outage. */
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10)
    };

    private final Timer sends;
    private final Timer starts;
    private final Counter recovered;
    private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);
    private final Map<TaskState, Counter> ended = new EnumMap<>(TaskState.class);

    /** @param store where the engine keeps everything, as the configuration names it */
    EngineMeters(MeterRegistry registry, String store) {
        sends = timer("millrace.send", "From a message's arrival in the engine to its commit", registry);
        starts = timer("millrace.turn.start", "From the commit that made a task run to its agent's start", registry);
        for (Stage stage : Stage.values()) {
            stages.put(
                    stage,
                    Timer.builder("millrace.stage")
                            .description(
                                    "Where the time goes between a message and the first that is seen of its answer")
                            .tag("stage", stage.name().toLowerCase(Locale.ROOT))
                            .tag("store", store)
                            .serviceLevelObjectives(BUCKETS)
                            .register(registry));
        }
        recovered = Counter.builder("millrace.tasks.recovered")
                .description("Tasks taken up again because the server that ran them was lost")
                .register(registry);
        for (TaskState state : TaskState.values()) {
            ended.put(
                    state,
                    Counter.builder("millrace.turns.ended")
                            .description("Turns that ended, by the state they left their task in")
                            .tag("state", state.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    Map<Stage, Timer> stages() {
        return stages;
    }

    Map<TaskState, Counter> ended() {
        return ended;
    }

    Counter recovered() {
        return recovered;
    }

    private static Timer timer(String name, String description, MeterRegistry registry) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    @Override
    public void sent(long nanos) {
        sends.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void stage(Stage stage, long nanos) {
        Objects.requireNonNull(stages.get(stage)).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void started(String taskId, long nanos) {
        starts.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void ended(String taskId, TaskState state, long nanos) {
        Objects.requireNonNull(ended.get(state)).increment();
    }

    @Override
    public void recovered(String taskId, int attempt) {
        recovered.increment();
    }
}
