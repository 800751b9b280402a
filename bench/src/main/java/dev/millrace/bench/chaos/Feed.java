package dev.millrace.bench.chaos;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A stream of events from one server, until it is cut. */
sealed interface Feed extends AutoCloseable {
    JsonMapper JSON = new JsonMapper();

    /** Several heartbeats of a {@link Cluster}'s servers. */
    Duration SILENCE = Duration.ofSeconds(4);

    /** One event, with the id that a reader resumes at. */
    record Frame(long id, JsonNode json) {}

    /** What came next: one event, or several together. Fails when the stream ends, however it ends. */
    List<Frame> next() throws IOException;

    @Override
    void close();

    /** The server did not give a stream. */
    final class Refusal extends IOException {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refusal(int status, String body) {
            super("HTTP " + status + ": " + body);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    static Feed chatEvents(int port, String chatId, long after) throws IOException {
        Http http = Http.open(
                port, SILENCE, "GET", "/api/v1/chats/" + chatId + "/stream", "", "Last-Event-ID", Long.toString(after));
        return new ServerSentEvents(accepted(http, 200));
    }

    static Feed chatSocket(int port, String chatId, long after) throws IOException {
        Http http = Http.open(
                port,
                SILENCE,
                "GET",
                "/api/v1/chats/" + chatId + "/stream?after=" + after,
                "",
                "Connection",
                "Upgrade",
                "Upgrade",
                "websocket",
                "Sec-WebSocket-Version",
                "13",
                "Sec-WebSocket-Key",
                "dGhlIHNhbXBsZSBub25jZQ==");
        return new WebSocket(accepted(http, 101));
    }

    /** A task over A2A, from its beginning as it is now, or after an event. */
    static Feed task(int port, String taskId, long after) throws IOException {
        String body =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SubscribeToTask\",\"params\":{\"id\":\"" + taskId + "\"}}";
        Http http = after == 0
                ? Http.open(port, SILENCE, "POST", "/a2a", body, "A2A-Version", "1.0")
                : Http.open(
                        port,
                        SILENCE,
                        "POST",
                        "/a2a",
                        body,
                        "A2A-Version",
                        "1.0",
                        "Last-Event-ID",
                        Long.toString(after));
        return new ServerSentEvents(accepted(http, 200));
    }

    private static Http accepted(Http http, int status) throws IOException {
        if (http.status() != status) {
            try (http) {
                throw new Refusal(http.status(), http.rest());
            }
        }
        return http;
    }

    /** WHATWG HTML, 9.2. An answer that is JSON (A2A's errors are) is a refusal. */
    record ServerSentEvents(Http http) implements Feed {
        @Override
        public List<Frame> next() throws IOException {
            long id = 0;
            String data = null;
            while (true) {
                String line = http.line();
                if (line.startsWith("id: ")) {
                    id = Long.parseLong(line.substring(4));
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty() && data != null) {
                    return List.of(new Frame(id, JSON.readTree(data)));
                } else if (line.startsWith("{")) { // an error over A2A has no stream
                    throw new Refusal(http.status(), line);
                }
            }
        }

        @Override
        public void close() {
            http.close();
        }
    }

    /** RFC 6455, as far as a reader needs it. */
    record WebSocket(Http http) implements Feed {
        private static final int TEXT = 1;
        private static final int CLOSE = 8;
        private static final int PING = 9;

        @Override
        public List<Frame> next() throws IOException {
            while (true) {
                int code = http.read() & 0x0f;
                long length = http.read();
                if (length > 125) {
                    length = new java.math.BigInteger(1, http.read(length == 126 ? 2 : 8)).longValueExact();
                }
                byte[] payload = http.read(Math.toIntExact(length));
                switch (code) {
                    case TEXT -> {
                        var frames = new ArrayList<Frame>();
                        for (JsonNode each : JSON.readTree(payload)) {
                            frames.add(new Frame(each.get("offset").longValue(), each));
                        }
                        return frames;
                    }
                    case PING -> pong(payload);
                    case CLOSE -> throw new IOException("the server closed the WebSocket");
                    default -> throw new IOException("a frame that no server of ours sends: " + code);
                }
            }
        }

        /** Masked with zeros, which is a mask as good as any here. */
        private void pong(byte[] payload) throws IOException {
            byte[] frame = new byte[6 + payload.length];
            frame[0] = (byte) 0x8a;
            frame[1] = (byte) (0x80 | payload.length);
            System.arraycopy(payload, 0, frame, 6, payload.length);
            http.write(frame);
        }

        @Override
        public void close() {
            http.close();
        }
    }
}
