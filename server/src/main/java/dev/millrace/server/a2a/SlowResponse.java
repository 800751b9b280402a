package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.json.JsonPieces;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.ResponseBody;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A JSON response that may be long in coming. While it is awaited, a space goes out with each heartbeat (JSON allows
 * space before a value), which keeps proxies and idle timeouts quiet and finds out a client that has left. A response
 * that comes before the first heartbeat is an ordinary one, with its length.
 */
final class SlowResponse {
    private static final byte[] SPACE = {' '};

    private final Exchange exchange;
    private final Sweeper sweeper;
    private final Duration heartbeat;
    private final String contentType;
    private @Nullable ResponseBody body;
    private long lastBeat = System.nanoTime();

    SlowResponse(Exchange exchange, Sweeper sweeper, Duration heartbeat, String contentType) {
        this.exchange = exchange;
        this.sweeper = sweeper;
        this.heartbeat = heartbeat;
        this.contentType = contentType;
    }

    /**
     * Waits for the answer; if the server stops before, gives the task as it is.
     *
     * @throws dev.millrace.server.http.ClientGoneException if nobody is there any more to be answered
     */
    SendMessageResponse await(Answer answer) throws HttpProblem, IOException, InterruptedException {
        exchange.onStopping(answer::close);
        if (exchange.protocol().equals("HTTP/2.0")) {
            // On HTTP/1 this would cost the connection; there the heartbeat finds out.
            exchange.onGone(answer::close);
        }
        answer.watchedBy(sweeper);
        while (!answer.advance()) {
            if (System.nanoTime() - lastBeat >= heartbeat.toNanos()) {
                beat();
            }
        }
        return answer.response();
    }

    private void beat() throws IOException {
        if (body == null) {
            exchange.header("Content-Type", contentType);
            body = exchange.respondStream(200);
        }
        body.write(SPACE);
        lastBeat = System.nanoTime();
    }

    void send(JsonPieces json) throws IOException {
        if (body == null) {
            exchange.respond(200, contentType, json.pieces());
        } else {
            for (byte[] piece : json.pieces()) {
                body.write(piece);
            }
            body.close();
        }
    }

    /** Whether the response has begun, so that its status can't be another any more. */
    boolean begun() {
        return body != null;
    }

    /** For what needs no response. */
    void sendNothing() throws IOException {
        if (body == null) {
            exchange.respond(204);
        } else {
            body.close();
        }
    }
}
