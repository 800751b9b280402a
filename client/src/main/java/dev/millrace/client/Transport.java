package dev.millrace.client;

import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageRequest;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One binding of A2A: how an operation goes over the wire, once. It retries nothing and resumes nothing: that is the
 * same for all bindings and is done above it, in {@link A2aClient} and {@link TaskStream}.
 *
 * <p>Every method throws {@link A2aException} for an error that the server reports, and {@link IOException} where no
 * usable answer came ({@link NotA2a} if it makes no sense to ask again).
 */
sealed interface Transport permits JsonRpcTransport {

    SendMessageResponse send(SendMessageRequest request) throws IOException, InterruptedException;

    Task getTask(GetTaskRequest request) throws IOException, InterruptedException;

    ListTasksResponse listTasks(ListTasksRequest request) throws IOException, InterruptedException;

    Task cancel(CancelTaskRequest request) throws IOException, InterruptedException;

    /** Sends a message and gives the stream that answers it. Does not wait for the answer. */
    Feed stream(SendMessageRequest request);

    /**
     * Gives the stream of a task. Does not wait for the answer.
     *
     * @param lastEventId the id of the last event that was read from an earlier stream of the task; null if there is none
     */
    Feed subscribe(String taskId, @Nullable String lastEventId);

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
