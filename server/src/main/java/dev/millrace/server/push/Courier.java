package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.millrace.engine.Span;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Brings one event to its receiver, once. It connects to the very address that was checked, which no HTTP client lets one
 * choose while TLS still checks the name; so it speaks the little HTTP/1.1 it needs itself: one request, one status line,
 * no redirect, no second request. Any thread; blocks for as long as an attempt may take.
 */
final class Courier implements AutoCloseable {
    /** A status line is short; who sends more is no HTTP server. */
    private static final int LONGEST_LINE = 8192;

    private final PushSettings settings;
    private final Supplier<SSLSocketFactory> tls;
    private final Semaphore atOnce;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("push-clock").factory());

    /** @param tls asked for with each push over TLS: what the platform trusts takes its time to be read */
    Courier(PushSettings settings, Supplier<SSLSocketFactory> tls) {
        this.settings = settings;
        this.tls = tls;
        this.atOnce = new Semaphore(settings.atOnce());
    }

    /**
     * @param deliveryId the same for each attempt of this event to this receiver
     * @param cause what the receiver goes on with
     * @return null if the receiver took it; else why not
     */
    @Nullable String bring(TaskPushNotificationConfig config, String deliveryId, long offset, byte[] json, Span cause)
            throws InterruptedException {
        atOnce.acquire();
        Span span = cause.child(Span.Kind.CLIENT, "push");
        try (span) {
            Target target = Target.of(config.url(), "url");
            int status = post(target, request(target, config, deliveryId, offset, json, span));
            span.note("http.response.status_code", status);
            if (status >= 200 && status < 300) {
                return null;
            }
            span.failed(Integer.toString(status));
            return "the receiver answered " + status;
        } catch (IOException | RuntimeException e) {
            return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        } finally {
            atOnce.release();
        }
    }

    private int post(Target target, byte[] request) throws IOException {
        var address = new InetSocketAddress(target.address(settings.allowed()), target.port());
        Duration limit = settings.attempt();
        try (var socket = new Socket()) {
            // A timeout of each read alone would let a receiver that trickles hold the place for ever.
            ScheduledFuture<?> end = clock.schedule(() -> close(socket), limit.toMillis(), TimeUnit.MILLISECONDS);
            try {
                socket.connect(address, (int) limit.toMillis());
                socket.setTcpNoDelay(true);
                if (!target.secure()) {
                    return exchange(socket, request);
                }
                try (var secured = (SSLSocket) tls.get().createSocket(socket, target.host(), target.port(), true)) {
                    SSLParameters parameters = secured.getSSLParameters();
                    parameters.setEndpointIdentificationAlgorithm("HTTPS");
                    secured.setSSLParameters(parameters);
                    return exchange(secured, request);
                }
            } finally {
                end.cancel(false);
            }
        }
    }

    private static int exchange(Socket socket, byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
        return status(new BufferedInputStream(socket.getInputStream()));
    }

    /** The final status; interim ones (1xx) and their headers are passed over. */
    private static int status(InputStream in) throws IOException {
        while (true) {
            String line = line(in);
            if (!line.matches("HTTP/1\\.[01] [1-5][0-9]{2}( .*)?")) {
                throw new IOException("the receiver does not speak HTTP/1.1");
            }
            int status = Integer.parseInt(line.substring(9, 12));
            if (status >= 200) {
                return status;
            }
            while (!line.isEmpty()) {
                line = line(in);
            }
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 || line.length() > LONGEST_LINE) {
                throw new IOException("the receiver closed without an answer");
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    private byte[] request(
            Target target, TaskPushNotificationConfig config, String deliveryId, long offset, byte[] json, Span span) {
        var head = new StringBuilder();
        head.append("POST ").append(target.path()).append(" HTTP/1.1\r\n");
        header(head, "Host", target.authority());
        header(head, "User-Agent", "Millrace");
        header(head, "Content-Type", "application/a2a+json");
        header(head, "Content-Length", Integer.toString(json.length));
        header(head, "Connection", "close");
        header(head, Pushes.DELIVERY_ID, deliveryId);
        header(head, Pushes.EVENT_ID, Long.toString(offset));
        AuthenticationInfo authentication = config.authentication();
        if (authentication != null) {
            String credentials = authentication.credentials();
            header(
                    head,
                    "Authorization",
                    credentials == null ? authentication.scheme() : authentication.scheme() + " " + credentials);
        }
        if (config.token() != null) {
            header(head, Pushes.TOKEN, config.token());
        }
        if (settings.signer() != null) {
            header(head, Pushes.SIGNATURE, settings.signer().sign(config.url(), deliveryId, json));
        }
        span.carry((name, value) -> header(head, name, value));
        head.append("\r\n");
        byte[] first = head.toString().getBytes(ISO_8859_1);
        byte[] request = java.util.Arrays.copyOf(first, first.length + json.length);
        System.arraycopy(json, 0, request, first.length, json.length);
        return request;
    }

    /** What a client gave was checked when it came; this holds for whatever else may be added. */
    private static void header(StringBuilder head, String name, String value) {
        if (!isFieldValue(value)) {
            throw new IllegalArgumentException(name + " can't hold what it should");
        }
        head.append(name).append(": ").append(value).append("\r\n");
    }

    /** Whether a text can stand in a header (RFC 9110, 5.5), in ASCII: visible characters and spaces between them. */
    static boolean isFieldValue(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f) && text.equals(text.strip());
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
