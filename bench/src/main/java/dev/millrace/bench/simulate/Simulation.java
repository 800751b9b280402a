package dev.millrace.bench.simulate;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.TaskRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One seed's run, from the first server's start to the judgement. */
final class Simulation {
    /** Of the run's own time: everything should have ended long before. */
    private static final Duration LONGEST = Duration.ofHours(2);

    private static final Duration REST = Duration.ofMinutes(20);

    /**
     * What came of it.
     *
     * @param finding what was broken; null = nothing
     * @param trace the last steps in words, if they were asked for
     */
    record Result(
            long seed,
            Scenario scenario,
            long hash,
            long steps,
            Duration took,
            @Nullable Violation finding,
            List<String> trace) {}

    private final long seed;
    private final Scenario scenario;
    private final Scheduler scheduler;
    private final World world;
    private final Checker checker;
    private final Users users;
    private final List<Follower> followers = new ArrayList<>();
    private int running;
    private int reading;
    private boolean atRest;

    private Simulation(long seed, int traced) {
        this.seed = seed;
        scenario = Scenario.of(seed);
        scheduler = new Scheduler(seed, scenario.order(), new Trace(traced));
        world = new World(scheduler, scenario);
        checker = new Checker(world);
        users = new Users(world, checker, this::followSome);
    }

    /**
     * Runs a seed; the same seed gives the same result.
     *
     * @param traced how many of the last steps are kept in words
     */
    static Result run(long seed, int traced) {
        return new Simulation(seed, traced).run();
    }

    private Result run() {
        Violation finding = null;
        world.users().lane().start("director", this::direct);
        try {
            scheduler.run(LONGEST.toNanos());
        } catch (Violation violation) {
            finding = violation;
        }
        return new Result(
                seed,
                scenario,
                scheduler.trace().hash(),
                scheduler.steps(),
                Duration.ofNanos(scheduler.now()),
                finding,
                scheduler.trace().last());
    }

    private void start(String what, Runnable body) {
        running++;
        world.users().lane().start(what, () -> {
            body.run();
            running--;
        });
    }

    private void direct() {
        world.start();
        for (int i = 0; i < scenario.users(); i++) {
            int number = i;
            start("user" + i, () -> users.live(number));
        }
        start("faults", () -> new Faults(world, this::powerLost).happen());
        // Users insist on answers, so they end only if things are mended in the end.
        for (int waited = 0; running > 0; waited++) {
            world.sleep(Duration.ofSeconds(1));
            if (waited == 120) {
                world.heal();
            }
        }
        world.heal();
        rest();
        atRest = true;
        for (int waited = 0; reading > 0; waited++) {
            world.sleep(Duration.ofSeconds(1));
            if (waited > 300) {
                throw new Violation("readers wait for what is there: " + lagging());
            }
        }
        checker.judge(followers.stream().map(Follower::sight).toList());
        stop();
        scheduler.stop();
    }

    private String lagging() {
        return String.join(
                ", ",
                followers.stream()
                        .map(Follower::sight)
                        .filter(sight -> !sight.complete())
                        .map(sight -> sight.name() + " of " + sight.contextId() + " at #" + sight.position())
                        .toList());
    }

    /** Until every task has ended. */
    private void rest() {
        long since = scheduler.now();
        while (!checker.open().isEmpty()) {
            users.close();
            world.sleep(Duration.ofMillis(500));
            Violation.unless(
                    scheduler.now() - since < REST.toNanos(),
                    "tasks do not end though nothing is wrong any more: "
                            + checker.open().stream().map(Simulation::describe).toList());
        }
    }

    private static String describe(TaskRecord task) {
        return task.id() + " of " + task.contextId() + " is " + task.state() + ", epoch " + task.epoch() + ", held by "
                + task.leasedBy();
    }

    private void stop() {
        int[] left = {0};
        for (Server server : world.servers()) {
            left[0]++;
            server.stop(Duration.ofSeconds(1), () -> left[0]--);
        }
        for (int waited = 0; left[0] > 0; waited++) {
            world.sleep(Duration.ofSeconds(1));
            Violation.unless(waited < 120, left[0] + " server(s) do not stop");
        }
    }

    private void followSome(Users.Known there) {
        for (int i = 0; i < scenario.readers(); i++) {
            if (followers.size() < 3 * scenario.readers() && (followers.isEmpty() || scheduler.once(2))) {
                Context context =
                        world.database().state().context(there.contextId()).context();
                long last = context == null ? 0 : context.lastOffset();
                long from = scheduler.once(2) ? 0 : scheduler.random().nextLong(last + 1);
                var follower =
                        new Follower(world, new Sight(world, "reader" + followers.size(), there.contextId(), from));
                followers.add(follower);
                reading++;
                world.users().lane().start(follower.sight().name(), () -> {
                    follower.read(() -> atRest);
                    reading--;
                });
            }
        }
    }

    private void powerLost() {
        for (Follower follower : followers) {
            Context context = world.database()
                    .state()
                    .context(follower.sight().contextId())
                    .context();
            follower.wentBack(context == null ? 0 : context.lastOffset());
        }
    }
}
