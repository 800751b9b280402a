package dev.millrace.engine.store.postgres;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.SocketFactory;

/**
 * Counts round trips where they happen: each time something was sent and then an answer is waited for. Named in the
 * address by {@code socketFactory}. The rollback that ends a read is not counted: it is sent after the answer was given, and
 * nobody waits for it.
 */
public final class CountingSockets extends SocketFactory {
    private static final Pattern ROLLBACK = Pattern.compile("(S_\\d+)\0ROLLBACK\0");
    private static final AtomicLong ROUND_TRIPS = new AtomicLong();

    public static String option() {
        return "&socketFactory=" + CountingSockets.class.getName();
    }

    public static long roundTrips() {
        return ROUND_TRIPS.get();
    }

    private static final class Counting extends Socket {
        private final AtomicBoolean sent = new AtomicBoolean();

        /** What the driver calls its prepared ROLLBACK; null = it has prepared none yet. */
        private volatile String rollback;

        private boolean isRollback(byte[] bytes, int from, int length) {
            String text = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
            Matcher prepared = ROLLBACK.matcher(text);
            if (prepared.find()) {
                rollback = "\0" + prepared.group(1) + "\0";
                return true;
            }
            return rollback != null && text.contains(rollback);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    if (!isRollback(bytes, from, length)) {
                        sent.set(true);
                    }
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
