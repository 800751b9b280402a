package dev.millrace.bench.simulate;

import dev.millrace.core.Pace;
import java.time.Instant;
import java.time.InstantSource;

/** The machine that one process believes to run on: its clocks and its threads. */
final class Host implements Pace, InstantSource {
    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

    private final Scheduler scheduler;
    private final Lane lane;
    private long wrongBy;

    Host(Scheduler scheduler, Lane lane) {
        this.scheduler = scheduler;
        this.lane = lane;
    }

    Lane lane() {
        return lane;
    }

    @Override
    public long nanoTime() {
        scheduler.perhapsYield();
        return scheduler.now();
    }

    @Override
    public void parkNanos(Object blocker, long nanos) {
        scheduler.park(blocker, nanos);
    }

    @Override
    public Thread startApart(String name, Runnable body) {
        return lane.start(name, body);
    }

    /** The wall clock, which may be wrong. */
    @Override
    public Instant instant() {
        scheduler.perhapsYield();
        return BEGINNING.plusNanos(scheduler.now() + wrongBy);
    }

    /** Sets the wall clock to another time, as an operator or NTP would. */
    void setClock(long nanosAhead) {
        wrongBy = nanosAhead;
    }
}
