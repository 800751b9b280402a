package dev.millrace.bench.simulate;

import java.time.Duration;
import java.util.List;

/** Breaks things, and mends them again after a while. */
final class Faults {
    /** Something that goes wrong. */
    private enum Fault {
        KILL,
        FREEZE,
        CUT,
        SLOW,
        FULL,
        RESTART,
        CLOCK,
        POWER
    }

    private final World world;
    private final Scheduler scheduler;
    private final Runnable powerLost;

    /** @param powerLost told when the database has lost what it had not synced */
    Faults(World world, Runnable powerLost) {
        this.world = world;
        this.scheduler = world.scheduler();
        this.powerLost = powerLost;
    }

    /** Lets the scenario's faults happen, one after the other or several at once. */
    void happen() {
        for (int i = 0; i < world.scenario().faults(); i++) {
            world.sleep(Duration.ofMillis(scheduler.random().nextInt(scheduler.once(2) ? 200 : 4000)));
            List<Server> servers = world.servers();
            if (!servers.isEmpty()) {
                happen(pick(), servers.get(scheduler.random().nextInt(servers.size())));
            }
            if (scheduler.once(2)) {
                world.sleep(Duration.ofSeconds(scheduler.random().nextInt(10)));
                world.complete();
            }
        }
    }

    private Fault pick() {
        List<Fault> possible = world.scenario().shared()
                ? List.of(
                        Fault.KILL,
                        Fault.KILL,
                        Fault.FREEZE,
                        Fault.FREEZE,
                        Fault.CUT,
                        Fault.CUT,
                        Fault.SLOW,
                        Fault.FULL,
                        Fault.RESTART,
                        Fault.CLOCK)
                : List.of(
                        Fault.KILL,
                        Fault.KILL,
                        Fault.FREEZE,
                        Fault.FULL,
                        Fault.RESTART,
                        Fault.CLOCK,
                        Fault.POWER,
                        Fault.POWER);
        return possible.get(scheduler.random().nextInt(possible.size()));
    }

    private long nanos(int mostSeconds) {
        return scheduler.random().nextLong(Duration.ofSeconds(mostSeconds).toNanos());
    }

    private void happen(Fault fault, Server server) {
        scheduler.note("faults", fault + " " + server.name());
        switch (fault) {
            case KILL -> {
                server.kill();
                startLater();
            }
            case POWER -> {
                server.kill();
                world.database().losePower();
                powerLost.run();
                startLater();
            }
            case FREEZE -> {
                server.lane().freeze();
                scheduler.after(nanos(scheduler.once(2) ? 40 : 3), () -> {
                    if (server.lane().frozen()) {
                        scheduler.note(server.name(), "goes on");
                        server.lane().thaw();
                    }
                });
            }
            case CUT -> {
                server.wire().cut();
                scheduler.after(nanos(scheduler.once(2) ? 60 : 3), server::mend);
            }
            case SLOW -> {
                server.wire().slowDown(nanos(2));
                scheduler.after(nanos(20), () -> server.wire().slowDown(0));
            }
            case FULL -> {
                world.database().setFull(true);
                scheduler.after(nanos(10), () -> world.database().setFull(false));
            }
            case RESTART -> {
                server.stop(Duration.ofMillis(scheduler.random().nextInt(2000)), world::complete);
                if (world.scenario().shared() && scheduler.once(2)) {
                    startLater();
                }
            }
            case CLOCK ->
                server.host().setClock(nanos(7200) - Duration.ofHours(1).toNanos());
        }
    }

    private void startLater() {
        scheduler.after(nanos(10), world::complete);
    }
}
