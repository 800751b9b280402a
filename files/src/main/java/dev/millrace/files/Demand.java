package dev.millrace.files;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for on behalf of a reader, by which request, and when.
 *
 * <p>A file that can be read by a long request is ({@link Run}), until {@link Pace} finds that several at once bring more;
 * then, and of any other file, each block is asked for by itself. Enough is on its way when more would come no sooner, or
 * when the reader has as much ahead of it as it may soon want.
 *
 * <p>Guarded by the lock of the {@link PrefetchReader} that it belongs to.
 */
final class Demand {
    /** What a request takes beside the round trip. */
    private static final Duration A_LITTLE = Duration.ofMillis(20);

    /** Blocks in flight or undelivered for each fetch in flight: see the reference in {@link dev.millrace.core.Prefetch}. */
    static final int WINDOW = 3;

    /** More than comes in this time is not asked for: it would only come later if it had to share with still more. */
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

    /** However few fetches there are at once, so many times {@link #WINDOW} blocks may be here or on their way. */
    private static final int FEWEST = 2;

    /**
     * What is read ahead of a reader by one run at first, in bytes, and more as it takes more. Much at once would keep the
     * processor from the player, and cost the origin more of who only takes a look.
     */
    private static final long AHEAD_AT_FIRST = BlockPlan.LINE / 2;

    /** And at most. */
    private static final long AHEAD = 4L * BlockPlan.LINE;

    /** What one request of each of many readers is for at least, in bytes. */
    private static final long SHARE = 2L * BlockPlan.LINE;

    /** A trial may cost a round trip: a stream that has lasted for so many loses little by it. */
    private static final int ROUND_TRIPS_TO_TRY = 8;

    /** Who has taken more than this has not only looked at what kind of file it is. */
    private static final long A_LOOK = 128 << 10;

    /** What a player begins with: it is not kept waiting by the next request, which would take its share of the processor. */
    private static final long A_START = 2L * BlockPlan.LINE;

    private final SourceFile file;
    private final BlockPlan plan;
    private final Experience experience;
    private final LongSupplier nanoTime;
    private final Ahead ahead;
    private final long since;
    private final List<Run> runs = new ArrayList<>(2);
    private boolean begun;
    private int fetching;
    private long firstTaken;
    private boolean held;
    private long enough;

    Demand(SourceFile file, BlockPlan plan, Experience experience, Ahead ahead, LongSupplier nanoTime) {
        this.file = file;
        this.plan = plan;
        this.experience = experience;
        this.ahead = ahead;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /** Whether the next block may be asked for now, as far as it goes by what is under way. */
    boolean mayFetch() {
        held = false;
        return comingRun(plan.offset()) != null ? mayJoin() : mayAsk();
    }

    /** The run that brings the block at this place, which is the next, if there is one. */
    private @Nullable Run comingRun(long offset) {
        Run last = lastRun();
        return last != null && offset < last.end() && last.isUseful() ? last : null;
    }

    /** A block more of the same run costs no request; but a reader that is slow, or has just begun, needs few of them. */
    private boolean mayJoin() {
        boolean go =
                ahead.isEmpty() || ahead.bytes() + plan.wanted() <= Math.min(AHEAD, AHEAD_AT_FIRST + ahead.delivered());
        if (!go && ahead.missing() == 0) {
            experience.pace().heldBack();
        }
        return go;
    }

    /** Whether the next request may be made. */
    private boolean mayAsk() {
        int limit = experience.pace().limit();
        int byRun = ahead.byRun();
        // However many blocks a run's connection brings, it is one.
        int ways = fetching - Math.max(0, byRun - 1);
        boolean alone = byRun > 0 && !experience.pace().together();
        // What was asked for, and not what is left of it: until a block is over, nobody knows how fast the way is.
        if (!alone && (ways >= limit && ahead.asked() >= worthInFlight(limit))) {
            return false;
        }
        enough = experience.rate().within(alone ? lookAhead() : LONG_ENOUGH, ways);
        held = ahead.missing() > enough || (alone && !experience.rate().isKnown());
        boolean full = alone ? ahead.bytes() >= AHEAD : ahead.size() >= WINDOW * Math.max(limit, FEWEST);
        if (held || full) {
            experience.pace().heldBack();
            return false;
        }
        return true;
    }

    /**
     * While a run's connection brings bytes, it is presumed to have all of the way: whatever else is asked
     * for would take from them. So it is asked for just early enough to come when they have come.
     */
    private Duration lookAhead() {
        Duration roundTrip = file.roundTrip();
        return roundTrip.plus(roundTrip.dividedBy(4)).plus(A_LITTLE);
    }

    /**
     * N is found with blocks of 1 MiB. Where a round trip is long and the blocks are still small, N of them are less than
     * what comes in one round trip, and the way would be idle for most of it; so there may be more of them.
     */
    private long worthInFlight(int limit) {
        return Math.min((long) limit * BlockPlan.LINE, experience.rate().perRoundTrip(file.roundTrip(), limit));
    }

    /**
     * Takes the next block out of the plan; from then on it is fetched, until {@link #fetched} is called.
     *
     * @param goOn for a run that begins with this block: {@link Run#goesOn}
     */
    Filling next(ByteBudget.Reservation room, LongUnaryOperator goOn) {
        Block block = plan.next(room.bytes());
        Run run = runFor(block, goOn);
        Filling next = new Filling(block, run == null ? null : run.join(block.offset()), room, nanoTime.getAsLong());
        ahead.add(next);
        fetching++;
        return next;
    }

    /** The run by which a block comes: the last, or one that begins with it, or none. */
    private @Nullable Run runFor(Block block, LongUnaryOperator goOn) {
        Run coming = comingRun(block.offset());
        if (coming != null) {
            return coming;
        }
        Run last = lastRun();
        if (last != null) {
            last.stopsHere();
        }
        Run next = begun ? null : file.headStart();
        if (next == null && experience.pace().goesAlone(begun && mayTry(), file.roundTrip())) {
            next = file.run(block.offset(), Math.min(plan.end(), block.offset() + share()), !begun);
        }
        begun = true;
        if (next != null) {
            next.goesOn(goOn);
            runs.add(next);
        }
        return next;
    }

    /** What a request may be for: origins send what nobody wants any more, as far as the buffers on the way go. */
    private long share() {
        return Math.max(SHARE, Run.MOST_AT_ONCE / Math.max(1, experience.pace().streams()));
    }

    private boolean mayTry() {
        return nanoTime.getAsLong() - since
                >= ROUND_TRIPS_TO_TRY * file.roundTrip().toNanos();
    }

    /** How far a run that ends there is to go on; as far as that for not at all, now. */
    long goOn(long end) {
        // What was asked for in another way meanwhile is not to be asked for twice.
        boolean stays = hasBegun() && plan.offset() <= end;
        boolean on = stays && experience.pace().goesAlone(mayTry(), file.roundTrip());
        return on ? Math.max(end, Math.min(plan.end(), end + share())) : end;
    }

    /** Whether this reader will stay, and has what it begins with, unless that comes slowly. */
    private boolean hasBegun() {
        long all = ahead.read();
        return all >= A_START || (all >= A_LOOK && nanoTime.getAsLong() - firstTaken >= A_LITTLE.toNanos());
    }

    /** The reader is about to take something. */
    void taking() {
        firstTaken = firstTaken == 0 ? nanoTime.getAsLong() : firstTaken;
    }

    /** The first fetch of a block is over, however it ended. */
    void fetched() {
        fetching--;
    }

    /** Whether what was held back, since enough was on its way, may be asked for now that more has come. Says so once. */
    boolean isDueAgain() {
        boolean due = held && ahead.missing() <= enough;
        held &= !due;
        return due;
    }

    /** The run that was begun last; null if there was none. */
    @Nullable Run lastRun() {
        return runs.isEmpty() ? null : runs.getLast();
    }

    List<Run> runs() {
        return List.copyOf(runs);
    }
}
