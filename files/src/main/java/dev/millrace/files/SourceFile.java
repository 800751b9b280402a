package dev.millrace.files;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One version of one file. All bytes that it gives belong to the version that {@link #info} describes: a file that
 * changes meanwhile makes {@link #fetch} fail, and never mixes two versions.
 *
 * <p>Safe for use by many threads.
 */
public interface SourceFile extends AutoCloseable {

    FileInfo info();

    /** Which blocks {@link #fetch} accepts. */
    BlockLimits limits();

    /** How long the source took to answer when the file was looked up; zero if that tells nothing. */
    default Duration roundTrip() {
        return Duration.ZERO;
    }

    /**
     * The request that came with the lookup, and brings the first of the bytes that {@link Source#open(String, ByteRange)}
     * was told of; null if there is none. To whom asks first, who closes it.
     */
    default @Nullable Run headStart() {
        return null;
    }

    /** Stops what came with the lookup, if nobody has asked for it: its reader has gone. Idempotent; any thread. */
    default void dropHeadStart() {}

    /**
     * One request for many blocks, made when the first of them is fetched; null if this source has no such requests.
     *
     * @param first where the first block begins
     * @param end where the last may end
     * @param mayLeave whether the reader may well want only the first few bytes: then the run may end sooner
     * @return to be closed
     */
    default @Nullable Run run(long first, long end, boolean mayLeave) {
        return null;
    }

    /**
     * Fills {@code into} with exactly the block's bytes, and returns with its position advanced by the block's length.
     * Interrupting the thread stops the transfer at once; the buffer is not touched after this method has ended, however
     * it ended.
     *
     * @param block within the file, and as {@link #limits} wants it
     * @param into has at least the block's length remaining
     * @param attempt is told which bytes are here, while the others are on their way
     * @throws SourceException.Changed if the file is no longer the version that was opened
     * @throws SourceException for everything else that prevents it, after the retries that are worth making
     */
    void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException;

    /** The same for whoever wants the whole block and nothing before. */
    default void fetch(Block block, ByteBuffer into) throws SourceException, InterruptedException {
        fetch(block, into, Attempt.QUIET);
    }

    /** Lets go of this version; fetches that still run fail. Idempotent. */
    @Override
    void close();
}
