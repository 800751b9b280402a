package dev.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * Stands around each request of a client, whatever its binding: to add credentials or trace headers, to log, to measure.
 *
 * <p>A request that is tried again passes again, and so does each reconnect of a stream. The first interceptor that was
 * added is the outermost. Called by the thread that makes the call, any number at a time.
 */
public interface CallInterceptor {

    /** Before the request goes out. What this throws ends the call, and is what its caller gets. */
    default void before(CallHead call) {}

    /**
     * After the answer, or the end of the stream. Must not throw.
     *
     * @param failure an {@link A2aException} if the server refused, an {@link java.io.IOException} if no usable answer
     *     came; null if all went well, or a stream was just closed
     */
    default void after(CallHead call, @Nullable Exception failure) {}
}
