package dev.millrace.engine.store.postgres;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.SocketFactory;

/**
 * Counts round trips where they happen: each time something was sent and then an answer is waited for. Named in the
 * address by {@code socketFactory}.
 */
public final class CountingSockets extends SocketFactory {
    private static final AtomicLong ROUND_TRIPS = new AtomicLong();

    public static String option() {
        return "&socketFactory=" + CountingSockets.class.getName();
    }

    public static long roundTrips() {
        return ROUND_TRIPS.get();
    }

    private static final class Counting extends Socket {
        private final AtomicBoolean sent = new AtomicBoolean();

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    sent.set(true);
                    out.write(bytes, from, length);
                }

                @Override
                public void write(int each) throws IOException {
                    sent.set(true);
                    out.write(each);
                }
            };
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read(byte[] bytes, int from, int length) throws IOException {
                    if (sent.getAndSet(false)) {
                        ROUND_TRIPS.incrementAndGet();
                    }
                    return super.read(bytes, from, length);
                }
            };
        }
    }

    @Override
    public Socket createSocket() {
        return new Counting();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
    }
}
