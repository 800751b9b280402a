package dev.millrace.files;

import java.time.Duration;

/**
 * How many fetches of one source each stream may run at once (N), found by trying. While one more brings at least 5 %
 * more bytes per second, one more is taken; when it does not, it is given up again, and after that one fewer is tried: on
 * a pipe that all fetches share, those beyond the first few only take bandwidth from the block that the reader waits for.
 * A source that asks to be left alone gets half.
 *
 * <p>Where one request can bring many blocks ({@link Source.Access#STREAM}), one at a time is what is begun with: it pays no
 * round trips, and nothing shares the way with the block that the reader waits for. Once it is known what that brings,
 * and when the next request is due, it is tried whether several at once bring a quarter more; if not, one it is again.
 * It is not tried where it cannot be: N blocks of 1 MiB in each round trip are all that several bring. And what several
 * streams brought together is not compared with what fewer of them did.
 *
 * <p>Shared by a source's streams, and so a stream begins with what those before it found. Safe for use by many threads.
 */
final class Pace {
    private static final double WORTH_ONE_MORE = 1.05;
    private static final double MAY_LOSE = 0.97;
    private static final int FEWEST = 2;

    /** Rounds for which what was found is left as it is. */
    private static final int REST = 8;

    /** How much more several requests at once must bring to be preferred to a single one. */
    private static final double WORTH_SEVERAL = 1.25;

    /** Rounds for which one request at a time is left alone after several were no better. */
    private static final int REST_ALONE = 64;

    /** With more streams than these there are several requests at once anyway. */
    private static final int FEW_STREAMS = 8;

    private enum Trying {
        TOGETHER,
        FIRST,
        MORE,
        FEWER,
        NOTHING
    }

    private final int first;
    private final int most;
    private final boolean knowsRuns;
    private int limit;
    private Trying trying = Trying.FIRST;
    private boolean alone;
    private double byOne;

    /** How many streams there were when that was measured. */
    private int byOneStreams;

    private double before;
    private int rest;

    private long roundStart;
    private long roundBytes;
    private int roundFetches;
    private boolean heldBack;
    private int streams;

    Pace(int first, int most) {
        this(first, most, false);
    }

    /** @param knowsRuns whether one request can bring many blocks */
    Pace(int first, int most, boolean knowsRuns) {
        this.first = first;
        this.most = most;
        this.knowsRuns = knowsRuns;
        this.limit = Math.min(first, most);
        this.alone = knowsRuns;
    }

    /** Fetches at once, for each stream. */
    synchronized int limit() {
        return alone ? 1 : limit;
    }

    /** Whether several at once were seen to bring more: one connection does not get all that the way has. */
    synchronized boolean together() {
        return knowsRuns ? !alone && trying != Trying.TOGETHER : limit > first;
    }

    /**
     * Whether the next request should be one for many blocks.
     *
     * @param mayTry whether several at once may be tried now instead: a stream's first request is not the time
     * @param roundTrip what each request takes before its first byte
     */
    synchronized boolean goesAlone(boolean mayTry, Duration roundTrip) {
        if (alone && mayTry && rest <= 0 && streams <= FEW_STREAMS && streams == byOneStreams && mayWin(roundTrip)) {
            alone = false;
            trying = Trying.TOGETHER;
            limit = Math.min(first, most);
            restart();
        }
        // A stream that begins while others try has nothing to compare.
        return alone || (knowsRuns && !mayTry && trying == Trying.TOGETHER);
    }

    /** Whether several of the largest blocks in each round trip, which is the most that can come, would be enough. */
    private boolean mayWin(Duration roundTrip) {
        double most = (double) Math.min(first, this.most) * BlockPlan.LINE * streams;
        return byOne > 0 && byOne * WORTH_SEVERAL * (roundTrip.toNanos() / 1e9) < most;
    }

    /** A stream begins or ends: what was measured till now cannot be compared with what comes. */
    synchronized void streams(int change) {
        streams += change;
        if (trying == Trying.TOGETHER) {
            alone = true;
            trying = Trying.FIRST;
        }
        restart();
    }

    /** How many streams there are. */
    synchronized int streams() {
        return streams;
    }

    /** A fetch was not started for want of room, and not because of the limit: this round says nothing about the limit. */
    synchronized void heldBack() {
        heldBack = true;
    }

    synchronized void busy() {
        limit = Math.max(1, limit / 2);
        trying = Trying.NOTHING;
        rest = REST;
        restart();
    }

    void fetched(int bytes, long now) {
        fetched(bytes, now, false);
    }

    /** @param byRun whether the block came by a request for many */
    synchronized void fetched(int bytes, long now, boolean byRun) {
        if (byRun != alone) {
            return; // Of a stream that still does as was done before.
        }
        if (roundFetches == 0 && roundBytes == 0) {
            // The round begins with the end of a fetch, so that it holds whole fetches' time.
            roundStart = now;
            roundBytes = 1;
            return;
        }
        roundBytes += bytes;
        roundFetches++;
        if (roundFetches >= Math.max(4, 2 * limit() * Math.max(1, streams))) {
            if (!heldBack && now > roundStart) {
                decide(roundBytes * 1e9 / (now - roundStart));
            }
            restart();
        }
    }

    private void decide(double goodput) {
        if (alone) {
            byOne = goodput;
            byOneStreams = streams;
            rest--;
            return;
        }
        switch (trying) {
            case TOGETHER -> {
                if (goodput >= byOne * WORTH_SEVERAL) {
                    more(goodput);
                } else {
                    alone = true;
                    trying = Trying.FIRST;
                    rest = REST_ALONE;
                }
            }
            case FIRST -> more(goodput);
            case MORE -> {
                if (goodput >= before * WORTH_ONE_MORE) {
                    more(goodput);
                } else {
                    limit--;
                    fewer(goodput);
                }
            }
            case FEWER -> {
                if (goodput >= before * MAY_LOSE) {
                    fewer(Math.max(before, goodput));
                } else {
                    limit++;
                    rest(goodput);
                }
            }
            case NOTHING -> {
                if (--rest <= 0) {
                    more(goodput);
                }
            }
        }
    }

    private void more(double goodput) {
        if (limit >= most) {
            rest(goodput);
            return;
        }
        before = goodput;
        limit++;
        trying = Trying.MORE;
    }

    private void fewer(double goodput) {
        if (limit <= FEWEST) {
            rest(goodput);
            return;
        }
        before = goodput;
        limit--;
        trying = Trying.FEWER;
    }

    private void rest(double goodput) {
        before = goodput;
        trying = Trying.NOTHING;
        rest = REST;
    }

    private void restart() {
        roundBytes = 0;
        roundFetches = 0;
        heldBack = false;
    }
}
