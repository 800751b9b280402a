package dev.millrace.files;

import org.jspecify.annotations.Nullable;

/**
 * What a reader tells a fetch about itself, and hears from it while it runs. Its methods may be called by any thread, and
 * take no time.
 */
public interface Attempt {
    /** For whoever wants the whole block and nothing before. */
    Attempt QUIET = new Attempt() {
        @Override
        public void arrived(int bytes) {}

        @Override
        public boolean isHedge() {
            return false;
        }
    };

    /**
     * The first so many bytes of the block are in the buffer, and will not be written again: the reader may give them
     * away at once. A source that cannot tell before the whole block is here need not call it.
     *
     * @param bytes counted from the block's first; never fewer than before
     */
    void arrived(int bytes);

    /** All of the block came from nearby: how long that took says nothing about the source. */
    default void fromCache() {}

    /** The block's place in a run, which brings it at no further round trip; null if it is to be asked for by itself. */
    default Run.@Nullable Turn turn() {
        return null;
    }

    /**
     * What arrives from here on comes by a run: it says how fast bytes flow, and nothing about how long a fetch takes.
     */
    default void cameByRun() {}

    /**
     * Whether another attempt at the same block is under way and late. Then waiting for that one is of no use: what
     * differs from it (another worker, another connection) should be tried.
     */
    boolean isHedge();
}
