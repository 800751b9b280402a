package dev.millrace.files;

/**
 * How many second fetches a source's streams may still start: each fetch earns a share of one (5 %, say), and a few are
 * there from the beginning, so that a late block among a stream's first is helped, too. Safe for use by many threads.
 */
final class HedgeTokens {
    private static final double AT_FIRST = 2;
    private static final double MOST = 10;

    private final double share;
    private double tokens = AT_FIRST;

    HedgeTokens(double share) {
        this.share = share;
    }

    synchronized void earn() {
        tokens = Math.min(MOST, tokens + share);
    }

    synchronized boolean spend() {
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
