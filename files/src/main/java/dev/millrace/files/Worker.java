package dev.millrace.files;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One mirror at work: what it has in hand, how fast it was, and whether it is to be left alone. Safe for use by many
 * threads.
 */
final class Worker {
    private static final double WEIGHT_OF_NEWEST = 0.25;
    private static final long FIRST_PAUSE = Duration.ofMillis(250).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofSeconds(8).toNanos();

    /** More at once than its limit are as if each waited for a turn: this makes them look dear. */
    private static final double DEARER_BEYOND_LIMIT = 4;

    private static final double MOST_AT_ONCE = 16;

    private final Source source;
    private final LongSupplier nanoTime;

    private int inFlight;
    private double secondsPerFetch;
    private double limit = 4;
    private int failures;
    private long parkedUntil;
    private boolean parked;

    Worker(Source source, LongSupplier nanoTime) {
        this.source = source;
        this.nanoTime = nanoTime;
    }

    SourceFile open(String path) throws SourceException, InterruptedException {
        return open(() -> source.open(path));
    }

    SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        return open(() -> source.open(path, likely));
    }

    @FunctionalInterface
    private interface Lookup {
        SourceFile make() throws SourceException, InterruptedException;
    }

    private SourceFile open(Lookup lookup) throws SourceException, InterruptedException {
        begin();
        SourceException failure = null;
        try {
            return lookup.make();
        } catch (SourceException e) {
            failure = e;
            throw e;
        } finally {
            // How long a lookup takes says little about blocks.
            end(0, failure);
        }
    }

    /** A fetch that has been here and is over, one way or the other, since {@code start}. */
    void fetched(long start) {
        end(nanoTime.getAsLong() - start, null);
    }

    void failed(SourceException failure) {
        end(0, failure);
    }

    void interrupted() {
        end(0, null);
    }

    synchronized long begin() {
        inFlight++;
        return nanoTime.getAsLong();
    }

    private synchronized void end(long nanos, @Nullable SourceException failure) {
        inFlight--;
        if (failure != null) {
            park(failure);
        } else if (nanos > 0) {
            failures = 0;
            limit = Math.min(MOST_AT_ONCE, limit + 1 / limit);
            double seconds = nanos / 1e9;
            secondsPerFetch =
                    secondsPerFetch == 0 ? seconds : secondsPerFetch + WEIGHT_OF_NEWEST * (seconds - secondsPerFetch);
        }
    }

    private void park(SourceException failure) {
        switch (failure) {
            case SourceException.Unavailable busy -> {
                limit = Math.max(1, limit / 2);
                parkFor(busy.retryAfter().toNanos());
            }
            case SourceException.TimedOut _, SourceException.Failed _, SourceException.Unranged _ ->
                parkFor(Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(failures++, 10)));
            // About one file, and not about the mirror.
            case SourceException.NotFound _, SourceException.Forbidden _, SourceException.Changed _ -> {}
        }
    }

    private void parkFor(long nanos) {
        parkedUntil = nanoTime.getAsLong() + nanos;
        parked = true;
    }

    /** Nanoseconds until it may be asked again; 0 if it may be now. */
    synchronized long parkedNanos() {
        long left = parked ? parkedUntil - nanoTime.getAsLong() : 0;
        if (left <= 0) {
            parked = false;
        }
        return Math.max(0, left);
    }

    boolean isParked() {
        return parkedNanos() > 0;
    }

    /** How long a further fetch is likely to take, in seconds; a mirror that was never asked looks quick, and so is tried. */
    synchronized double load() {
        double load = (inFlight + 1) * (secondsPerFetch + 1e-6);
        return inFlight < limit ? load : load * DEARER_BEYOND_LIMIT;
    }

    void close() {
        source.close();
    }

    @Override
    public String toString() {
        return source.toString();
    }
}
