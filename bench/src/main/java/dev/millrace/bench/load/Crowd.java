package dev.millrace.bench.load;

import dev.millrace.bench.Lost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Many clients on one thread: the caller's. It reads what is there, wherever it is, and does nothing else, so that on a
 * machine of few cores the figures are the server's.
 */
public final class Crowd implements AutoCloseable {
    private static final int PIECE = 256 << 10;
    private static final int SLOW_PIECE = 8 << 10;

    /** A connection that has rested for so long is not used again: servers close those. */
    private static final long RESTED = 1_000_000_000;

    private final InetSocketAddress server;
    private final Selector selector = Selector.open();
    private final List<Reading> resting = new ArrayList<>();
    private final Deque<Kept> kept = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
    private final byte[] piece = new byte[PIECE];

    /** A connection that its server left open behind a stream. */
    private record Kept(SocketChannel channel, long since) {}

    public Crowd(int port) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /**
     * The same as {@link #connect} over a connection that the server has kept open behind a stream, if there is one, as any
     * client would; for who reads one crowd's streams after the other.
     */
    public Reading connectAgain(byte[] request, boolean whole) throws IOException {
        for (Kept last = kept.pollLast(); last != null; last = kept.pollLast()) {
            if (System.nanoTime() - last.since() < RESTED) {
                var reading = new Reading(last.channel(), request, whole);
                reading.again = true;
                SelectionKey key = last.channel().keyFor(selector);
                key.attach(reading);
                key.interestOps(SelectionKey.OP_READ);
                return reading;
            }
            last.channel().close();
        }
        Reading first = connect(request, whole);
        first.again = true;
        return first;
    }

    /**
     * Opens a connection for one request; the request is not sent yet.
     *
     * @param whole keep every payload, to check the words; else only ids, count and checksum are checked
     */
    public Reading connect(byte[] request, boolean whole) throws IOException {
        return register(new Reading(open(0), request, whole));
    }

    /** A reader that takes a few kilobytes and then rests, over a connection that holds little. */
    public Reading connectSlow(byte[] request, Duration rest) throws IOException {
        return connectSlow(request, rest, false);
    }

    /** @param whole as with {@link #connect} */
    public Reading connectSlow(byte[] request, Duration rest, boolean whole) throws IOException {
        Reading reading = register(new Reading(open(SLOW_PIECE), request, whole));
        reading.restNanos = rest.toNanos();
        return reading;
    }

    private SocketChannel open(int receiveBuffer) throws IOException {
        SocketChannel channel = SocketChannel.open();
        if (receiveBuffer > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(server);
        channel.configureBlocking(false);
        return channel;
    }

    private Reading register(Reading reading) throws IOException {
        reading.channel.register(selector, SelectionKey.OP_READ, reading);
        return reading;
    }

    /** Sends these requests, one right after the other. */
    public void send(Collection<Reading> readings) throws IOException {
        for (Reading reading : readings) {
            ByteBuffer request = ByteBuffer.wrap(reading.request);
            reading.sent(System.nanoTime());
            while (request.hasRemaining()) {
                reading.channel.write(request);
            }
        }
    }

    /**
     * Reads until the condition holds, which is asked after each round of reading.
     *
     * @return false if it did not hold within the limit
     */
    public boolean readUntil(BooleanSupplier condition, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            long now = System.nanoTime();
            if (now >= deadline) {
                return false;
            }
            wakeRested(now);
            selector.select(this::read, resting.isEmpty() ? 100 : 1);
        }
        return true;
    }

    /** Reads until all of these streams are complete. */
    public void readToEnd(Collection<Reading> readings, Duration limit) throws IOException {
        var open = new ArrayList<>(readings);
        boolean all = readUntil(
                () -> {
                    open.removeIf(Reading::ended);
                    return open.isEmpty();
                },
                limit);
        if (!all) {
            Reading one = open.getFirst();
            throw new Lost(open.size() + " of " + readings.size() + " streams did not end within " + limit
                    + "; one of them has " + one.events() + " events");
        }
    }

    private void read(SelectionKey key) {
        Reading reading = (Reading) key.attachment();
        try {
            buffer.clear();
            if (reading.restNanos > 0) {
                buffer.limit(SLOW_PIECE);
            }
            int length = reading.channel.read(buffer);
            long now = System.nanoTime();
            if (length > 0) {
                buffer.get(0, piece, 0, length);
            }
            reading.received(piece, length, now);
            if (reading.ended() && reading.again && reading.frames.keepsConnection()) {
                key.interestOps(0);
                kept.add(new Kept(reading.channel, now));
            } else if (reading.ended()) {
                reading.channel.close();
            } else if (reading.restNanos > 0) {
                reading.restsUntil = now + reading.restNanos;
                key.interestOps(0);
                resting.add(reading);
            }
        } catch (IOException e) {
            throw new Lost("a connection broke after " + reading.events() + " events: " + e);
        }
    }

    private void wakeRested(long now) {
        resting.removeIf(reading -> {
            if (now < reading.restsUntil) {
                return false;
            }
            reading.channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
            return true;
        });
    }

    /** Closes what is still open. */
    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
