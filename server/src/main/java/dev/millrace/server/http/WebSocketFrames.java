package dev.millrace.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames of one connection: puts messages together for the handler, answers pings, and pings. Frames come one at a
 * time, the next when the one before was dealt with.
 */
final class WebSocketFrames implements FrameHandler {
    private static final Logger log = LoggerFactory.getLogger(WebSocketFrames.class);
    private static final int NORMAL = 1000;
    private static final int GOING_AWAY = 1001;
    private static final int UNSUPPORTED = 1003;
    private static final int NOT_UTF_8 = 1007;
    private static final int TOO_LARGE = 1009;
    private static final int FAILED = 1011;

    private final WebSocketHandler handler;
    private final Edge edge;
    private final Arrival arrival;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private volatile @Nullable CoreSession connection;
    private @Nullable WebSocketSession session;
    private final Occupancy.Guest guest;
    private volatile @Nullable Thread runner;
    private Signal.@Nullable Hook stopping;
    private boolean refusing;
    private volatile boolean silent;

    WebSocketFrames(WebSocketHandler handler, Edge edge, Occupancy occupancy, Arrival arrival) {
        this.handler = handler;
        this.arrival = arrival;
        this.edge = edge;
        // From here on, and not only from open on: a server that stops in between shall still say goodbye.
        this.guest = occupancy.enter(new Occupancy.Resident(this::interrupt, this::beat));
    }

    @Override
    public void onOpen(CoreSession connection, Callback callback) {
        var session = new WebSocketSession(connection, edge);
        this.connection = connection;
        this.session = session;
        var thread = Thread.ofVirtual().name("websocket").unstarted(() -> run(session));
        runner = thread;
        callback.succeeded();
        connection.demand();
        thread.start();
        stopping = edge.stopping().add(() -> session.close(GOING_AWAY, "going away"));
    }

    /** The upgrade failed: this connection will never open. */
    void abandon() {
        guest.leave();
        arrival.leave();
    }

    private void interrupt() {
        var thread = runner;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run(WebSocketSession session) {
        try {
            handler.run(session);
            if (session.stopping()) {
                session.close(GOING_AWAY, "going away");
            } else {
                session.close(NORMAL, "");
            }
        } catch (ClientGoneException e) {
            log.debug("WebSocket client gone", e);
        } catch (InterruptedException e) {
            session.close(GOING_AWAY, "going away");
        } catch (Exception e) {
            failed(session, e);
        }
    }

    private void failed(WebSocketSession session, Exception e) {
        if (session.open()) {
            log.warn("A WebSocket handler failed", e);
        } else {
            log.debug("A WebSocket handler failed after its connection", e);
        }
        session.close(FAILED, "internal error");
    }

    @Override
    public void onFrame(Frame frame, Callback callback) {
        var connection = this.connection;
        var session = this.session;
        if (connection == null || session == null) {
            callback.failed(new IllegalStateException("A frame before the connection was open"));
            return;
        }
        silent = false;
        switch (frame.getOpCode()) {
            case OpCode.TEXT, OpCode.CONTINUATION -> text(session, frame);
            case OpCode.BINARY -> refuse(session, UNSUPPORTED, "text only");
            case OpCode.PING -> {
                var payload = BufferUtil.copy(frame.getPayload());
                connection.sendFrame(new Frame(OpCode.PONG, payload), Callback.NOOP, false);
            }
            default -> {}
        }
        callback.succeeded();
        if (frame.getOpCode() != OpCode.CLOSE) {
            connection.demand();
        }
    }

    private void text(WebSocketSession session, Frame frame) {
        if (refusing) {
            return;
        }
        byte[] piece = BufferUtil.toArray(frame.getPayload());
        if (message.size() + piece.length > edge.limits().maxMessage()) {
            refuse(session, TOO_LARGE, "a message may have " + edge.limits().maxMessage() + " bytes");
            return;
        }
        message.writeBytes(piece);
        if (!frame.isFin()) {
            return;
        }
        byte[] whole = message.toByteArray();
        message.reset();
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(whole))
                    .toString();
            handler.text(session, text);
        } catch (CharacterCodingException e) {
            refuse(session, NOT_UTF_8, "not UTF-8");
        } catch (Exception e) {
            refusing = true;
            failed(session, e);
        }
    }

    private void refuse(WebSocketSession session, int code, String reason) {
        refusing = true;
        message.reset();
        session.close(code, reason);
    }

    /** Each heartbeat: a peer that has sent nothing since the last ping, not even its pong, is dead. */
    private void beat() {
        var connection = this.connection;
        if (connection == null) {
            return;
        }
        if (silent) {
            connection.abort();
            return;
        }
        silent = true;
        connection.sendFrame(new Frame(OpCode.PING), Callback.NOOP, false);
    }

    @Override
    public void onError(Throwable cause, Callback callback) {
        log.debug("WebSocket connection failed", cause);
        callback.succeeded();
    }

    @Override
    public void onClosed(CloseStatus status, Callback callback) {
        if (stopping != null) {
            stopping.close();
        }
        var session = this.session;
        if (session != null) {
            session.closed();
            try {
                handler.closed(session, status.getCode(), status.getReason() == null ? "" : status.getReason());
            } catch (RuntimeException e) {
                log.warn("A WebSocket handler failed at its end", e);
            }
        }
        guest.leave();
        arrival.leave();
        callback.succeeded();
    }
}
