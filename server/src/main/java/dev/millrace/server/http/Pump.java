package dev.millrace.server.http;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.core.Sweeper;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Moves entries from a cursor to one client: take what is there, frame it, write it, again. No queue and no other thread
 * is between the two, so a slow client only makes its own cursor read later.
 */
record Pump<E>(Cursor<E> cursor, Framing<E> framing, Sender sender, Heartbeat heartbeat) {

    /** Writes a batch and returns when the network has it. */
    @FunctionalInterface
    interface Sender {
        void send(FrameBuffer frames) throws IOException;

        /** The same with the last batch. */
        default void sendLast(FrameBuffer frames) throws IOException {
            send(frames);
        }

        /** There is nothing to send, and it may take a while. */
        default void rest() throws IOException {}
    }

    /** Proves the stream alive. */
    @FunctionalInterface
    interface Heartbeat {
        void beat() throws IOException;
    }

    /** Runs until the end. Whoever sets {@code gone} or {@code stopping} also closes the cursor, which wakes this. */
    StreamEnd run(Sweeper sweeper, BooleanSupplier gone, BooleanSupplier stopping)
            throws IOException, InterruptedException {
        return run(cursor.poll(EventStream.BATCH), sweeper, gone, stopping);
    }

    /** @param first what the cursor had already */
    StreamEnd run(List<Journal.Entry<E>> first, Sweeper sweeper, BooleanSupplier gone, BooleanSupplier stopping)
            throws IOException, InterruptedException {
        var frames = new FrameBuffer();
        sweeper.watch(cursor);
        try {
            for (var batch = first.isEmpty() ? next() : first; ; batch = next()) {
                if (gone.getAsBoolean()) {
                    return StreamEnd.GONE;
                }
                if (!batch.isEmpty()) {
                    frames.clear();
                    var then = framing.frame(batch, frames);
                    if (!frames.isEmpty() && then == Framing.Then.END) {
                        sender.sendLast(frames);
                    } else if (!frames.isEmpty()) {
                        sender.send(frames);
                    }
                    if (then == Framing.Then.END) {
                        return StreamEnd.COMPLETE;
                    }
                }
                if (stopping.getAsBoolean()) {
                    return StreamEnd.STOPPING;
                }
                if (batch.isEmpty()) {
                    if (cursor.ended()) {
                        return StreamEnd.CLOSED;
                    }
                    frames.rest();
                    heartbeat.beat();
                }
            }
        } catch (ClientGoneException e) {
            return StreamEnd.GONE;
        }
    }

    private List<Journal.Entry<E>> next() throws IOException, InterruptedException {
        List<Journal.Entry<E>> ready = cursor.poll(EventStream.BATCH);
        if (!ready.isEmpty()) {
            return ready;
        }
        sender.rest();
        return cursor.take(EventStream.BATCH);
    }
}
