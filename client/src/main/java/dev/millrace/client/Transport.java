package dev.millrace.client;

import dev.millrace.protocol.StreamResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One binding of A2A: how an operation goes over the wire, once. It retries nothing and resumes nothing: that is the
 * same for all bindings and is done above it, in {@link Calls} and {@link TaskStream}.
 *
 * <p>Every method throws {@link A2aException} for an error that the server reports, and {@link IOException} where no
 * usable answer came ({@link NotA2a} if it makes no sense to ask again).
 */
sealed interface Transport extends AutoCloseable permits JsonRpcTransport, RestTransport, GrpcTransport {

    /** Asks and waits for the answer. */
    <Q, A> A call(Operation<Q, A> operation, Q request, CallHead head) throws IOException, InterruptedException;

    /**
     * Asks and gives the stream that answers. Does not wait for the answer.
     *
     * @param lastEventId the id of the last event that was read from an earlier stream of the task; null if there is none
     */
    <Q> Feed open(Operation<Q, StreamResponse> operation, Q request, CallHead head, @Nullable String lastEventId);

    /** Ends whatever is under way. Idempotent; any thread. */
    @Override
    void close();

    /** One connection's worth of a stream. One thread reads it; any thread may close it. */
    interface Feed extends AutoCloseable {
        /** Waits for the next event; null at the end of the response, or once closed. */
        @Nullable Item next() throws IOException, InterruptedException;

        /** How long the server wants a client to wait before it reconnects; null if it did not say. */
        @Nullable Duration retry();

        /** Instead of {@link #close}, after the last event: lets the connection serve another request. */
        void release();

        @Override
        void close();
    }

    /**
     * An event and how to resume after it.
     *
     * @param id what to resume with; null if the server gives no ids
     */
    record Item(StreamResponse event, @Nullable String id) {}
}
