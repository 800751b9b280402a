package dev.millrace.engine;

import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * When leases of other processes may run out, as was told, and nobody has looked since. Each is kept until it is over: who is
 * told of a later one while an earlier one stands may not be told of it again, since a store tells of ends to come alone.
 *
 * <p>Times are those of a {@link dev.millrace.core.Pace}. Any thread.
 */
final class LeaseEnds {
    private final NavigableSet<Long> told = new ConcurrentSkipListSet<>((a, b) -> Long.signum(a - b));

    void add(long at) {
        told.add(at);
    }

    /** The first of them, or {@code anyway} if that comes before. */
    long first(long anyway) {
        for (long end : told) {
            return end - anyway < 0 ? end : anyway;
        }
        return anyway;
    }

    /** Forgets those that are over by now: somebody looks. */
    void look(long now) {
        told.headSet(now, true).clear();
    }
}
