package dev.millrace.server.a2a;

import dev.millrace.core.Cursor;
import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.grpc.ToProto;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call that may last. It runs on a virtual thread of its own, so that the call's thread can bring the
 * cancellation; what it waits in is closed when the client leaves or the server stops.
 *
 * @param <A> what it answers with
 */
final class GrpcCall<A> {
    private static final int BATCH = 32;

    private final ServerCallStreamObserver<A> out;

    /** Rings when the client can take more, and when there is nobody any more. */
    private final Doorbell ready = new Doorbell();

    private @Nullable AutoCloseable wait;
    private volatile boolean over;
    private volatile boolean stopping;

    /** For the thread of the call, before it returns from the method. */
    GrpcCall(ServerCallStreamObserver<A> out) {
        this.out = out;
        out.setOnReadyHandler(ready::ring);
        out.setOnCancelHandler(() -> {
            over = true;
            end();
        });
    }

    ServerCallStreamObserver<A> out() {
        return out;
    }

    /** Whether nobody is there to be answered. */
    boolean gone() {
        return over;
    }

    /** The server stops. */
    void stop() {
        stopping = true;
        end();
    }

    /** What to close when the call is over. */
    synchronized void waitsIn(AutoCloseable waiting) {
        wait = waiting;
        if (over || stopping) {
            end();
        }
    }

    private synchronized void end() {
        ready.ring();
        if (wait != null) {
            try {
                wait.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing a cursor does not fail", e);
            }
        }
    }

    /**
     * Sends a stream's events as they come, none before the client can take it.
     *
     * @param marked whether each event is to carry its id
     * @throws Refused with UNAVAILABLE, if the server stops before the stream has ended
     */
    void pump(TaskStream stream, ServerCallStreamObserver<com.google.lf.a2a.v1.StreamResponse> to, boolean marked)
            throws InterruptedException {
        waitsIn(stream);
        Optional<Opening> opening = stream.opening();
        if (opening.isPresent() && ready()) {
            to.onNext(message(opening.get().event(), opening.get().offset(), marked));
        }
        Cursor<Event> cursor = stream.cursor();
        boolean ended = stream.complete();
        while (!ended && !over) {
            List<Journal.Entry<Event>> batch = cursor.take(BATCH);
            for (Journal.Entry<Event> entry : batch) {
                if (stream.shows(entry)) {
                    if (!ready()) {
                        return;
                    }
                    to.onNext(message(stream.says(entry), entry.offset(), marked));
                }
                ended = ended || stream.endsAt(entry);
            }
            if (!ended && !over && (stopping || cursor.ended())) {
                throw new Refused(Refused.Reason.UNAVAILABLE, "the server is stopping; subscribe again in a moment");
            }
        }
    }

    /** Waits until the client can take more; false if there is none any more. */
    private boolean ready() throws InterruptedException {
        while (!out.isReady() && !over && !stopping) {
            ready.await();
        }
        return !over;
    }

    private static com.google.lf.a2a.v1.StreamResponse message(StreamResponse event, long id, boolean marked) {
        return ToProto.streamResponse(marked ? marked(event, id) : event);
    }

    /** gRPC has no frame around a message that could carry its id, so the message does. */
    private static StreamResponse marked(StreamResponse event, long id) {
        return switch (event) {
            case Task task -> task.withMetadata(Resumption.marked(task.metadata(), "id", id));
            case Message message -> message.withMetadata(Resumption.marked(message.metadata(), "id", id));
            case TaskStatusUpdateEvent update ->
                new TaskStatusUpdateEvent(
                        update.taskId(),
                        update.contextId(),
                        update.status(),
                        Resumption.marked(update.metadata(), "id", id));
            case TaskArtifactUpdateEvent update ->
                new TaskArtifactUpdateEvent(
                        update.taskId(),
                        update.contextId(),
                        update.artifact(),
                        update.append(),
                        update.lastChunk(),
                        Resumption.marked(update.metadata(), "id", id));
        };
    }
}
