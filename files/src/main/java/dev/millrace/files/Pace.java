package dev.millrace.files;

/**
 * How many fetches of one source each stream may run at once (N), found by trying. While one more brings at least 5 %
 * more bytes per second, one more is taken; when it does not, it is given up again, and after that one fewer is tried: on
 * a pipe that all fetches share, those beyond the first few only take bandwidth from the block that the reader waits for.
 * A source that asks to be left alone gets half.
 *
 * <p>Shared by a source's streams, and so a stream begins with what those before it found. Safe for use by many threads.
 */
final class Pace {
    private static final double WORTH_ONE_MORE = 1.05;
    private static final double MAY_LOSE = 0.97;
    private static final int FEWEST = 2;

    /** Rounds for which what was found is left as it is. */
    private static final int REST = 8;

    private enum Trying {
        FIRST,
        MORE,
        FEWER,
        NOTHING
    }

    private final int first;
    private final int most;
    private int limit;
    private Trying trying = Trying.FIRST;
    private double before;
    private int rest;

    private long roundStart;
    private long roundBytes;
    private int roundFetches;
    private boolean heldBack;
    private int streams;

    Pace(int first, int most) {
        this.first = first;
        this.most = most;
        this.limit = Math.min(first, most);
    }

    /** Fetches at once, for each stream. */
    synchronized int limit() {
        return limit;
    }

    /** Whether more at once were seen to bring more: one connection does not get all that the way has. */
    synchronized boolean grew() {
        return limit > first;
    }

    /** A stream begins or ends: what was measured till now cannot be compared with what comes. */
    synchronized void streams(int change) {
        streams += change;
        restart();
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

    synchronized void fetched(int bytes, long now) {
        if (roundFetches == 0 && roundBytes == 0) {
            // The round begins with the end of a fetch, so that it holds whole fetches' time.
            roundStart = now;
            roundBytes = 1;
            return;
        }
        roundBytes += bytes;
        roundFetches++;
        if (roundFetches >= Math.max(4, 2 * limit * Math.max(1, streams))) {
            if (!heldBack && now > roundStart) {
                decide(roundBytes * 1e9 / (now - roundStart));
            }
            restart();
        }
    }

    private void decide(double goodput) {
        switch (trying) {
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
