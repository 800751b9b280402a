package dev.millrace.files;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The files below one URL of an HTTP server.
 *
 * <p>A file is looked up by a request for its first byte, or for the first that a reader is likely to want, which tells
 * its size, its validators and whether the origin knows ranges, all at the price of one round trip. Every later request is pinned to the version found, and every answer
 * is checked for which bytes of which version it brings. So an origin that changes the file, ignores the range, lies
 * about the length, stalls or cuts the connection is found out before a wrong byte is given away. Failures that may pass
 * (a broken connection, silence, 408, 429, 5xx) are tried again from the byte that is missing, a few times and with pauses.
 *
 * <p>HTTP/1.1 only, over connections that are read by whoever wants the bytes ({@link Connections}): stopping a fetch closes its connection, so the origin stops sending at once, and fetches that run side
 * by side do not share one connection's window. Redirects are not followed, since the headers that authorise us must not
 * reach another host.
 */
public final class HttpOrigin implements Source {
    static final ByteRange FIRST_BYTE = new ByteRange(0, 0);
    private static final Set<String> OWN_HEADERS = Set.of(
            "range",
            "if-range",
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
            "accept-encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "upgrade",
            "transfer-encoding");

    /**
     * Asked for at first of an origin of which nothing is known, in bytes. Less would cost a film that comes quickly a pause;
     * more, a player that leaves what comes meanwhile.
     */
    private static final long OF_A_STRANGER = 8L << 20;

    /** What each of many readers may ask for at first. */
    private static final long FEW_AT_FIRST = 4L << 20;

    private final URI base;
    private final Map<String, String> headers;
    private final Duration readTimeout;
    private final Duration fetchTimeout;
    private final Backoff backoff;
    private final Signer signer;
    private final Connections connections;
    private final Answers answers = new Answers();
    private final Flow flow = new Flow();
    private final AtomicInteger readers = new AtomicInteger();
    private final HedgeTokens seconds;

    private HttpOrigin(Builder builder) {
        this.base = builder.base;
        this.headers = Map.copyOf(builder.headers);
        this.readTimeout = builder.readTimeout;
        this.fetchTimeout = builder.fetchTimeout;
        this.backoff = new Backoff(builder.attempts, builder.firstPause, builder.longestPause, new Random());
        this.signer = builder.signer;
        this.seconds = new HedgeTokens(builder.secondRequests);
        this.connections = new Connections(builder.connectTimeout, builder.tls);
    }

    /**
     * @param base an {@code http} or {@code https} URL without user, query or fragment; paths are appended to it
     * @throws IllegalArgumentException if it is not
     */
    public static Builder at(URI base) {
        return new Builder(base);
    }

    @Override
    public Access access() {
        return Access.STREAM;
    }

    @Override
    public SourceFile open(String path) throws SourceException, InterruptedException {
        FilePath.check(path);
        return Interruptible.call(() -> withRetries(limit -> {
            Lookup lookup = new Lookup(this, path, FIRST_BYTE);
            fetch(request(path, FIRST_BYTE).build(), lookup, ByteBuffer.allocate(1), bytes -> {}, limit);
            if (lookup.refusedWithoutSize()) {
                fetch(head(path), lookup::empty, ByteBuffer.allocate(0), bytes -> {}, limit);
            }
            return lookup.file(null);
        }));
    }

    @Override
    public SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        FilePath.check(path);
        readers(1);
        try {
            return lookUp(path, likely);
        } finally {
            readers(-1);
        }
    }

    private SourceFile lookUp(String path, ByteRange likely) throws SourceException, InterruptedException {
        ByteRange asked = headStart(likely);
        Optional<SourceFile> found = Interruptible.call(() -> withRetries(limit -> {
            Lookup lookup = new Lookup(this, path, asked);
            Answer answer = ask(request(path, asked).build(), limit);
            boolean taken = false;
            try {
                int bytes = lookup.bodyBytes(answer);
                if (lookup.refused()) {
                    return Optional.empty();
                }
                taken = bytes > 0;
                return Optional.of(lookup.file(taken ? answer : null));
            } finally {
                if (!taken) {
                    answer.close();
                }
            }
        }));
        // Empty, or not as long as somebody thinks: the first byte, or none, tells which.
        return found.isPresent() ? found.get() : open(path);
    }

    @Override
    public WholeFile openWhole(String path) throws SourceException, InterruptedException {
        FilePath.check(path);
        return Interruptible.call(() -> withRetries(limit -> {
            Answer answer = ask(request(path).build(), limit);
            boolean taken = false;
            try {
                WholeFile file = WholeFile.of(answer, path);
                taken = true;
                return file;
            } finally {
                if (!taken) {
                    answer.close();
                }
            }
        }));
    }

    /** To where blocks end anyway. */
    private ByteRange headStart(ByteRange likely) {
        long most = atFirst() - likely.first() % BlockPlan.LINE;
        return likely.length() <= most ? likely : new ByteRange(likely.first(), likely.first() + most - 1);
    }

    /**
     * How many bytes to ask for on behalf of a reader who may leave at once: 8 MiB of an origin of which nothing is known;
     * then as many as come in a round trip and a half and 1 MiB more, so that the next request is answered before these have
     * come. No more than the reader's share, where there are many. A multiple of 1 MiB.
     */
    long atFirst() {
        Duration usual = answers.usual();
        double rate = flow.bytesPerSecond();
        long wanted = OF_A_STRANGER;
        if (usual != null && rate > 0) {
            wanted = ((long) (rate * 1.5 * usual.toNanos() / 1e9 / BlockPlan.LINE) + 2) * BlockPlan.LINE;
        }
        long share = Run.MOST_AT_ONCE / BlockPlan.LINE / Math.max(1, readers.get()) * BlockPlan.LINE;
        return Math.min(Math.max(share, FEW_AT_FIRST), wanted);
    }

    /** One who looks a file up, or reads by a run, more or fewer. */
    void readers(int change) {
        readers.addAndGet(change);
    }

    /** How long the origin usually takes to answer; null as long as it was never asked. */
    @Nullable Duration usualAnswer() {
        return answers.usual();
    }

    /** What was seen of how fast one connection brings bytes. */
    Flow flow() {
        return flow;
    }

    Duration readTimeout() {
        return readTimeout;
    }

    Duration fetchTimeout() {
        return fetchTimeout;
    }

    /** Looks at an answer's head before any of its body is taken. */
    @FunctionalInterface
    interface Check {
        /** The head says it all: leave the body, whatever it is, and end well. */
        int HEAD_SUFFICES = -1;

        /**
         * @return how many bytes of body to take; an answer that brings more or fewer fails. Or {@link #HEAD_SUFFICES}
         * @throws SourceException to refuse the answer and cut the connection
         */
        int bodyBytes(HttpResponse.ResponseInfo head) throws SourceException;
    }

    /** One attempt, to be over within the limit. */
    @FunctionalInterface
    interface Try<T> {
        T make(Duration limit) throws SourceException, InterruptedException;
    }

    /** Tries, and tries again where that makes sense, within the time limit of a fetch. */
    <T> T withRetries(Try<T> attempt) throws SourceException, InterruptedException {
        long start = System.nanoTime();
        for (int failures = 1; ; failures++) {
            Duration left = fetchTimeout.minusNanos(System.nanoTime() - start);
            try {
                return attempt.make(left);
            } catch (SourceException e) {
                Duration pause = pause(failures, e);
                Duration remaining = fetchTimeout.minusNanos(System.nanoTime() - start);
                if (!backoff.allows(failures, e) || pause.compareTo(remaining) >= 0) {
                    throw e;
                }
                Thread.sleep(pause);
            }
        }
    }

    private Duration pause(int failures, SourceException failure) {
        Duration own = backoff.pause(failures);
        return failure instanceof SourceException.Unavailable busy
                        && busy.retryAfter().compareTo(own) > 0
                ? busy.retryAfter()
                : own;
    }

    HttpRequest.Builder request(String path, ByteRange range) {
        return request(path).setHeader("Range", "bytes=" + range.first() + '-' + range.last());
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(locate(path)).GET();
        headers.forEach(request::setHeader);
        return request.setHeader("Accept-Encoding", "identity");
    }

    private HttpRequest head(String path) {
        return request(path).HEAD().build();
    }

    /**
     * Asks for the head of an answer whose body is to be read later, and asks again if it is late: see {@link Asking}.
     *
     * @return to be closed
     */
    Answer ask(HttpRequest request, Duration limit) throws SourceException, InterruptedException {
        HttpRequest signed = signer.sign(request);
        return new Asking(() -> connections.ask(signed, least(readTimeout, limit)), answers, seconds).answer();
    }

    /**
     * Asks, and puts the whole body into a buffer as it comes.
     *
     * @param progress is told the buffer's position when it has moved
     * @param limit for the whole
     */
    void fetch(HttpRequest request, Check check, ByteBuffer into, IntConsumer progress, Duration limit)
            throws SourceException, InterruptedException {
        long start = System.nanoTime();
        try (Answer answer = connections.ask(signer.sign(request), least(readTimeout, limit))) {
            answers.took(System.nanoTime() - start);
            int bytes = check.bodyBytes(answer);
            if (bytes == Check.HEAD_SUFFICES) {
                return;
            }
            answer.limit(limit.minusNanos(System.nanoTime() - start));
            try {
                fill(answer, bytes, into, progress);
            } catch (SocketTimeoutException e) {
                throw new SourceException.TimedOut("silent for too long: " + request.uri());
            } catch (IOException e) {
                throw SourceException.Failed.passing("connection failed: " + request.uri() + ": " + e, e);
            }
        }
    }

    private static void fill(Answer answer, int bytes, ByteBuffer into, IntConsumer progress)
            throws IOException, SourceException, InterruptedException {
        int limit = into.limit();
        into.limit(into.position() + bytes);
        try {
            while (into.hasRemaining()) {
                if (answer.read(into) < 0) {
                    throw new EOFException(into.remaining() + " bytes are missing");
                }
                progress.accept(into.position());
            }
        } finally {
            into.limit(limit);
        }
        boolean over;
        try {
            over = answer.isOver();
        } catch (IOException e) {
            over = true; // Every byte that was announced is here; how the connection ended no longer matters.
        }
        if (!over) {
            throw new SourceException.Failed("the origin sent more bytes than it announced");
        }
    }

    private static Duration least(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private URI locate(String path) {
        String root = base.toString();
        return URI.create((root.endsWith("/") ? root : root + '/') + encode(path));
    }

    /** Everything but letters, digits and {@code -._~} is encoded, so that no name can become a query or another path. */
    static String encode(String path) {
        StringBuilder url = new StringBuilder();
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "-._~/".indexOf(c) >= 0)) {
                url.append(c);
            } else {
                url.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
            }
        }
        return url.toString();
    }

    @Override
    public void close() {
        connections.close();
    }

    @Override
    public String toString() {
        return "HTTP origin " + base;
    }

    /** Settings of an origin. */
    public static final class Builder {
        private final URI base;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private Signer signer = Signer.NONE;
        private @Nullable SSLContext tls;
        private double secondRequests = 0.05;
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration readTimeout = Duration.ofSeconds(10);
        private Duration fetchTimeout = Duration.ofSeconds(30);
        private int attempts = 4;
        private Duration firstPause = Duration.ofMillis(100);
        private Duration longestPause = Duration.ofSeconds(2);

        private Builder(URI base) {
            boolean http = "http".equalsIgnoreCase(base.getScheme()) || "https".equalsIgnoreCase(base.getScheme());
            if (!http || base.getHost() == null) {
                throw new IllegalArgumentException("need a URL like http://host/path/, not " + base);
            }
            if (base.getRawUserInfo() != null || base.getRawQuery() != null || base.getRawFragment() != null) {
                throw new IllegalArgumentException("the URL must have no user, query or fragment (set headers to"
                        + " authorise): " + base.getScheme() + "://" + base.getHost() + "/…");
            }
            this.base = base;
        }

        /**
         * Sends a header with each request, {@code Authorization} for example.
         *
         * @throws IllegalArgumentException if it is one that this class sets itself, or no header at all
         */
        public Builder header(String name, String value) {
            if (OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException("the header " + name + " is set by Millrace itself");
            }
            try {
                var _ = HttpRequest.newBuilder(base).header(name, value);
            } catch (IllegalArgumentException e) {
                // The message of the cause would show the value, and with it a secret.
                throw new IllegalArgumentException("not a header that can be sent: " + FilePath.printable(name));
            }
            headers.put(name, value);
            return this;
        }

        /** Authorises each request anew, after everything else is set. */
        Builder signer(Signer signer) {
            this.signer = signer;
            return this;
        }

        /** Requests that are made a second time because their answer is late, as a share of all; 0 for none. Default 0.05. */
        public Builder secondRequests(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("second requests are a share from 0 to 1, not " + share);
            }
            this.secondRequests = share;
            return this;
        }

        /** Whom to trust; by default whom the JDK trusts. */
        Builder tls(SSLContext context) {
            this.tls = context;
            return this;
        }

        /** How long to wait for a connection. Default 5 s. */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = positive(timeout);
            return this;
        }

        /** How long an origin may be silent, before its answer and within it. Default 10 s. */
        public Builder readTimeout(Duration timeout) {
            this.readTimeout = positive(timeout);
            return this;
        }

        /** How long one lookup or one block may take, retries and all. Default 30 s. */
        public Builder fetchTimeout(Duration timeout) {
            this.fetchTimeout = positive(timeout);
            return this;
        }

        /**
         * How failures that may pass are tried again. Default: 4 attempts, pauses from 100 ms, doubling up to 2 s, half of
         * each random.
         *
         * @param attempts in all, the first included; at least 1
         */
        public Builder retries(int attempts, Duration firstPause, Duration longestPause) {
            if (attempts < 1) {
                throw new IllegalArgumentException("need at least 1 attempt, not " + attempts);
            }
            this.attempts = attempts;
            this.firstPause = positive(firstPause);
            this.longestPause = positive(longestPause);
            return this;
        }

        /** Connects to nothing yet. */
        public HttpOrigin build() {
            return new HttpOrigin(this);
        }

        private static Duration positive(Duration duration) {
            if (duration.isNegative() || duration.isZero()) {
                throw new IllegalArgumentException("need a positive time, not " + duration);
            }
            return duration;
        }
    }
}
