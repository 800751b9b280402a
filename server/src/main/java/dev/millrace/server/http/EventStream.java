package dev.millrace.server.http;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import java.io.IOException;
import java.util.List;

/**
 * An open response of Server-Sent Events. Whatever is sent is flushed at once, and the sender waits while the client does
 * not read. Belongs to the exchange's thread.
 */
public final class EventStream {
    /** How many entries a pump takes at most in one go. */
    public static final int BATCH = 32;

    private final Exchange exchange;
    private final Edge edge;
    private boolean begun;

    EventStream(Exchange exchange, Edge edge) {
        this.exchange = exchange;
        this.edge = edge;
    }

    /**
     * Sends what is in the buffer, in one write: with the head and the first comment, if nothing was sent before. The buffer
     * is to be cleared before it is used again.
     *
     * @throws ClientGoneException if the client has left
     */
    public void send(FrameBuffer frames) throws IOException {
        send(frames, false);
    }

    private void send(FrameBuffer frames, boolean last) throws IOException {
        if (begun) {
            exchange.writeEvents(last, frames);
        } else {
            begun = true;
            exchange.writeEvents(last, new FrameBuffer().comment("stream").append(frames));
        }
    }

    /** Sends the head, and a first comment to carry it, if nothing was sent before. */
    public void begin() throws IOException {
        if (!begun) {
            send(new FrameBuffer());
        }
    }

    /** Sends a comment, which the client ignores. */
    public void comment(String text) throws IOException {
        send(new FrameBuffer().comment(text));
    }

    /**
     * Sends a journal's entries as they come, until the framing says that the stream is complete, the journal ends, the
     * client is gone or the server stops. Each entry goes out at once; entries that are there together (at most
     * {@value #BATCH}) go out in one write. While there is nothing, a comment each heartbeat keeps the stream alive.
     * Closes the cursor.
     *
     * <p>The head goes with the first of them, or at once if there is none yet.
     *
     * @return why it ended; a client that leaves is no exception here
     */
    public <E> StreamEnd pump(Cursor<E> cursor, Framing<E> framing)
            throws HttpProblem, IOException, InterruptedException {
        try (cursor) {
            return pump(cursor.poll(BATCH), cursor, framing);
        }
    }

    private <E> StreamEnd pump(List<Journal.Entry<E>> first, Cursor<E> cursor, Framing<E> framing)
            throws HttpProblem, IOException, InterruptedException {
        try {
            if (exchange.head()) {
                begin();
                return StreamEnd.COMPLETE;
            }
            exchange.onGoneMeanwhile(cursor::close);
            exchange.onStopping(cursor::close);
            var pump = new Pump<>(cursor, framing, new Sending(this), () -> comment("keep-alive"));
            var end = pump.run(first, edge.sweeper(), exchange::gone, exchange::stopping);
            if (end == StreamEnd.STOPPING) {
                comment("stopping");
            } else if (end != StreamEnd.GONE) {
                begin();
            }
            return end;
        } catch (ClientGoneException e) {
            return StreamEnd.GONE;
        }
    }

    /**
     * The same as {@link #pump}, on a thread of its own when the endpoint has returned, which it is to do at once. For readers
     * who mostly wait, and may be thousands: all that a thread has been called through stays in memory while it waits.
     * Closes the cursor, in any case.
     *
     * <p>What is there already is read here: if that fails, nothing has been sent by this yet.
     */
    public <E> void follow(Cursor<E> cursor, Framing<E> framing) throws InterruptedException {
        boolean goesOn = false;
        try {
            List<Journal.Entry<E>> first = cursor.poll(BATCH);
            exchange.goOn(() -> {
                try (cursor) {
                    pump(first, cursor, framing);
                }
            });
            goesOn = true;
        } finally {
            if (!goesOn) {
                cursor.close();
            }
        }
    }

    /** Whether anything was sent. */
    boolean begun() {
        return begun;
    }

    private record Sending(EventStream to) implements Pump.Sender {
        @Override
        public void send(FrameBuffer frames) throws IOException {
            to.send(frames);
        }

        @Override
        public void sendLast(FrameBuffer frames) throws IOException {
            to.send(frames, true);
        }

        @Override
        public void rest() throws IOException {
            to.begin();
            to.exchange.watch(); // not before: a stream that never waits need not wake the selector for it
        }
    }
}
