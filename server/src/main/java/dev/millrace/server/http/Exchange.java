package dev.millrace.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its response. Belongs to the virtual thread that its {@link Endpoint} runs on; only {@link #gone},
 * {@link #stopping} and the hooks given to {@link #onGone} and {@link #onStopping} are for others.
 *
 * <p>The response is sent by exactly one of {@link #respond}, {@link #respondStream} and {@link #eventStream}; headers are
 * set before. Every blocking write returns when the network has taken the bytes, and throws {@link ClientGoneException}
 * when it never will.
 */
public final class Exchange implements RequestHead {
    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    /** A length for which memory is set aside at once: a client that announces it and sends nothing costs no more. */
    private static final int BELIEVED = 64 << 10;

    /** By what has come, so many times as much is believed. */
    private static final long BELIEVED_MORE = 8;

    /**
     * What is given to the network at once: it copies each piece into memory of its own, again for each part of it that it
     * could not take.
     */
    private static final int PIECE = 128 << 10;

    private final Request request;
    private final Response response;
    private final Map<String, Router.Value> parameters;
    private final Edge edge;
    private final Arrival arrival;
    private final Patience patience;
    private final Signal gone = new Signal();
    private final Signal over = new Signal();
    private final Http1.@Nullable Chunks chunks;
    private @Nullable Fields query;
    private @Nullable Intake intake;
    private @Nullable InputStream bodyStream;
    private byte @Nullable [] body;
    private @Nullable Departure departure;

    /** Bytes of content, while the client is watched. */
    private long written;

    private final long arrivedAt = System.nanoTime();
    private boolean answered;

    /** The answer, if it is one that has not begun, and may become another. */
    private @Nullable EventStream events;

    private @Nullable Rest rest;

    /** What is left to do of an exchange when its endpoint has returned. */
    @FunctionalInterface
    interface Rest {
        void run() throws Exception;
    }

    Exchange(Request request, Response response, Map<String, Router.Value> parameters, Edge edge, Arrival arrival) {
        this.request = request;
        this.response = response;
        this.arrival = arrival;
        this.parameters = parameters;
        this.edge = edge;
        this.patience = Patience.with(request, edge.limits().idle());
        this.chunks = Http1.of(request);
        request.addFailureListener(cause -> gone.fire());
    }

    // ---- the request

    /** When its head was there, by {@link System#nanoTime}. */
    public long arrivedAt() {
        return arrivedAt;
    }

    /** The method, in capitals. HEAD requests come to GET endpoints. */
    public String method() {
        return request.getMethod();
    }

    /** The path as it was sent, still percent-encoded. */
    public String path() {
        return request.getHttpURI().getPath();
    }

    /**
     * A parameter of the route's path, percent-decoded once. It holds no {@code /} (a tail does, between its pieces) and no
     * piece of it is {@code .} or {@code ..}; a tail may still hold empty pieces.
     *
     * @throws IllegalArgumentException if the route has no such parameter
     */
    public String pathParameter(String name) {
        return parameter(name).decoded();
    }

    /** A parameter of the route's path as {@link #pathParameter} has it; empty if the route has no such parameter. */
    public Optional<String> findPathParameter(String name) {
        return Optional.ofNullable(parameters.get(name)).map(Router.Value::decoded);
    }

    /** A parameter of the route's path as it was sent. */
    public String rawPathParameter(String name) {
        return parameter(name).raw();
    }

    /** The first value of a query parameter, decoded. */
    public Optional<String> queryParameter(String name) throws HttpProblem {
        return queryParameters(name).stream().findFirst();
    }

    /** All values of a query parameter, decoded, in the order they were sent. */
    public List<String> queryParameters(String name) throws HttpProblem {
        if (query == null) {
            try {
                query = Request.extractQueryParameters(request);
            } catch (RuntimeException e) {
                throw HttpProblem.badRequest("The query string cannot be decoded: it must be percent-encoded UTF-8.");
            }
        }
        return List.copyOf(query.getValuesOrEmpty(name));
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** All values of a header, as sent: one for each line. */
    public List<String> headers(String name) {
        return request.getHeaders().getValuesList(name);
    }

    /** {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}. */
    public String protocol() {
        return request.getConnectionMetaData().getHttpVersion().asString();
    }

    /** Whether the connection is encrypted. */
    public boolean secure() {
        return request.isSecure();
    }

    /** The host, and the port if it was given, that the client asked for: HTTP/2's {@code :authority}, or {@code Host}. */
    public Optional<String> authority() {
        return arrival.authority();
    }

    @Override
    public String remoteAddress() {
        return arrival.remoteAddress();
    }

    @Override
    public Optional<X509Certificate> certificate() {
        return arrival.certificate();
    }

    @Override
    public String guest() throws HttpProblem {
        return arrival.guest();
    }

    /**
     * The whole request body. Further calls give the same array.
     *
     * @throws HttpProblem 413 if it is larger than {@link HttpLimits#maxBody()}; 408 if it does not come in time
     */
    public byte[] body() throws HttpProblem, IOException {
        if (body == null) {
            body = bodyStream == null ? wholeBody() : bodyStream.readAllBytes();
        }
        return body;
    }

    /** In an array of the announced length, once so much of it has come that the rest is to be believed. */
    private byte[] wholeBody() throws HttpProblem, IOException {
        InputStream in = bodyStream();
        long announced = request.getLength();
        if (announced < 0) {
            return in.readAllBytes();
        }
        byte[] all = new byte[(int) Math.min(announced, BELIEVED)];
        int length = in.readNBytes(all, 0, all.length);
        while (length == all.length && length < announced) {
            all = Arrays.copyOf(all, (int) Math.min(announced, BELIEVED_MORE * all.length));
            length += in.readNBytes(all, length, all.length - length);
        }
        return length == all.length && in.read() < 0 ? all : Arrays.copyOf(all, length);
    }

    /**
     * The request body as it comes. Reading throws {@link HttpProblem} wrapped in an {@link IOException} (which ends in the
     * same answer if let through) where {@link #body} would throw it.
     *
     * @throws HttpProblem 413 if it is announced to be larger than {@link HttpLimits#maxBody()}
     */
    public InputStream bodyStream() throws HttpProblem {
        return bodyStream(edge.limits().maxBody());
    }

    /**
     * The request body as it comes, for an endpoint with a limit of its own. Only the first call's limit counts.
     *
     * @param max bytes
     * @throws HttpProblem 413 if it is announced to be larger
     */
    public InputStream bodyStream(long max) throws HttpProblem {
        if (bodyStream == null) {
            if (request.getLength() > max) {
                throw RequestBody.tooLarge(max);
            }
            intake = Intake.of(request);
            var source = intake == null ? request : intake;
            bodyStream = new RequestBody(Content.Source.asInputStream(source), max, patience, gone);
        }
        return bodyStream;
    }

    // ---- the response

    /** Sets a response header. */
    public Exchange header(String name, String value) {
        response.getHeaders().put(name, value);
        return this;
    }

    /** Adds a response header beside those that have this name. */
    public Exchange addHeader(String name, String value) {
        response.getHeaders().add(name, value);
        return this;
    }

    /** Sends a response without a body. */
    public void respond(int status) throws IOException {
        begin(status);
        write(true, ByteBuffer.allocate(0));
    }

    /** Sends a whole response. */
    public void respond(int status, String contentType, byte[] content) throws IOException {
        respond(status, contentType, List.of(content));
    }

    /**
     * Sends a whole response.
     *
     * @param pieces of its content, one behind the other; at least one
     */
    public void respond(int status, String contentType, List<byte[]> pieces) throws IOException {
        begin(status);
        long length = 0;
        for (byte[] piece : pieces) {
            length += piece.length;
        }
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, length);
        for (int i = 0; i < pieces.size(); i++) {
            write(i == pieces.size() - 1, ByteBuffer.wrap(pieces.get(i)));
        }
    }

    /**
     * Starts a response whose body follows. Set {@code Content-Length} before if it is known; the body must then have
     * exactly that many bytes.
     */
    public ResponseBody respondStream(int status) {
        begin(status);
        return new ResponseBody(this);
    }

    /**
     * Answers with a stream of Server-Sent Events. Status and headers go with what is sent first, or with a comment when the
     * stream begins to wait for something to send. As long as nothing was sent, any other answer may take its place.
     */
    public EventStream eventStream() throws HttpProblem, IOException {
        hearOut();
        begin(200);
        response.getHeaders()
                .put(HttpHeader.CONTENT_TYPE, "text/event-stream")
                .put(HttpHeader.CACHE_CONTROL, "no-store")
                // Understood by nginx and others: pass on each event, do not collect.
                .put("X-Accel-Buffering", "no");
        events = new EventStream(this, edge);
        return events;
    }

    /** Whether the answer has begun, so that no other can take its place. */
    public boolean begun() {
        return answered && (events == null || events.begun());
    }

    // ---- the other side, and ours

    /**
     * Runs {@code hook} once if the client leaves before this exchange is over: at once on HTTP/2, or if this was called
     * before the response began on HTTP/1 (which costs the connection if the client says anything meanwhile); else when
     * the next write fails. On another thread, so it must not block: let it close or interrupt what the endpoint waits for.
     *
     * <p>On HTTP/1 this first reads what is left of the request's body.
     */
    public void onGone(Runnable hook) throws HttpProblem, IOException {
        if (!response.isCommitted()) {
            hearOut();
            watch();
        }
        gone.add(hook);
    }

    /** The same, of a client that is watched by who calls {@link #watch} each time that there is nothing to send. */
    void onGoneMeanwhile(Runnable hook) {
        gone.add(hook);
    }

    /** Whether the client is known to have left. */
    public boolean gone() {
        return gone.fired();
    }

    /** Runs {@code hook} once if the server begins to stop before this exchange is over. It must not block. */
    public void onStopping(Runnable hook) {
        Signal.Hook registration = edge.stopping().add(hook);
        over.add(registration::close);
    }

    /** Whether the server is stopping: what can end, should. */
    public boolean stopping() {
        return edge.stopping().fired();
    }

    // ---- for this package

    boolean head() {
        return method().equals("HEAD");
    }

    boolean answered() {
        return answered;
    }

    /** The exchange goes on with this, on another thread perhaps, when its endpoint has returned. */
    void goOn(Rest with) {
        rest = with;
    }

    /** What is left to do; null = nothing. */
    @Nullable Rest rest() {
        return rest;
    }

    /** The endpoint has returned: nothing more is told to anyone. Must come before the response is completed. */
    void end() {
        over.fire();
        gone.silence();
        if (intake != null) {
            intake.close();
        }
        letGo();
    }

    /** Whether the client that has these bytes, too, has all of the response. */
    private boolean completes(ByteBuffer next) {
        written += next.remaining();
        long length = response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        return head() || (length >= 0 && written >= length);
    }

    /** The connection is Jetty's again, and is kept if all that came on it was ours to read. */
    private void letGo() {
        if (departure != null && !departure.end() && chunks != null) {
            chunks.closeAfter();
        }
    }

    void write(boolean last, ByteBuffer buffer) throws IOException {
        write(last, buffer, 0);
    }

    /** Writes events; the frames are changed by it. With the last of them, the response is complete. */
    void writeEvents(boolean last, FrameBuffer frames) throws IOException {
        boolean whole = last && !response.isCommitted(); // then it has a length instead
        if (chunks == null || whole) {
            write(last, frames.view());
        } else {
            byte[] ending = Http1.Chunks.ending(last);
            write(last, frames.append(ending).view(), ending.length);
        }
    }

    /** @param ending how many bytes at the end are that of a chunk */
    private void write(boolean last, ByteBuffer content, int ending) throws IOException {
        ByteBuffer buffer = head() ? ByteBuffer.allocate(0) : content;
        if (departure != null && (last || completes(buffer))) {
            letGo(); // before the client can know, and send the next request
        }
        patience.lose();
        try {
            while (!buffer.isDirect() && buffer.remaining() > PIECE + ending) {
                ByteBuffer piece = buffer.slice(buffer.position(), PIECE);
                Content.Sink.write(response, false, piece);
                buffer.position(buffer.position() + PIECE);
            }
            if (ending > 0 && chunks != null && buffer.hasRemaining()) {
                chunks.ends(last);
            }
            Content.Sink.write(response, last, buffer);
        } catch (IOException e) {
            log.debug("Write failed on {}", path(), e);
            // The listener is not told when it is a waiting write that fails.
            gone.fire();
            throw new ClientGoneException(e);
        } finally {
            patience.regain();
        }
    }

    private boolean http1() {
        return request.getConnectionMetaData().getHttpVersion().getVersion() <= HttpVersion.HTTP_1_1.getVersion();
    }

    private void begin(int status) {
        if (begun()) {
            throw new IllegalStateException("This request has been answered before");
        }
        answered = true;
        events = null;
        response.setStatus(status);
    }

    /** Reads what is left of the request's body: the watcher would throw it away. */
    private void hearOut() throws HttpProblem, IOException {
        if (departure != null || !http1()) {
            return;
        }
        if (bodyStream == null) {
            body();
        } else {
            bodyStream.transferTo(OutputStream.nullOutputStream());
        }
    }

    /** Notices from now on that the client leaves. The request has been read, and the response is not complete. */
    void watch() {
        if (departure == null && http1()) {
            Http1.rest(request);
            departure = Departure.watch(
                    request.getConnectionMetaData().getConnection().getEndPoint(), gone);
        }
    }

    private Router.Value parameter(String name) {
        Router.Value value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("The route has no parameter {" + name + "}: " + parameters.keySet());
        }
        return value;
    }
}
