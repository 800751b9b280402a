package dev.millrace.files;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one range of a file, in order. Used by one thread, except {@link #cancel}.
 */
public interface RangeReader extends AutoCloseable {

    /**
     * The next bytes of the range, at least one; null after its last byte. Waits for them. The buffer is the reader's own:
     * it is valid until the next call of {@code next} or {@link #close}.
     *
     * @throws SourceException if the source failed; every byte before was right, and no more will come
     * @throws CancellationException after {@link #cancel}
     */
    @Nullable ByteBuffer next() throws SourceException, InterruptedException;

    /**
     * Waits until {@link #next} need not wait: bytes are here, or the end is, or a failure.
     *
     * @return false if {@code patience} ran out before
     */
    boolean await(Duration patience) throws InterruptedException;

    /** Stops all fetches at once and wakes a waiting {@link #next}. Any thread; never waits; idempotent. */
    void cancel();

    /** Cancels, and gives back the buffers. By the reading thread, once it no longer uses what {@link #next} gave. */
    @Override
    void close();
}
