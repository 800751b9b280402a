package dev.millrace.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.atomic.AtomicLong;

/** The requests of the load, as bytes on the wire. */
public final class Requests {
    /** Distinguishes the messages of this process from those of runs before it. */
    private static final String RUN = Long.toString(System.currentTimeMillis(), 36);

    private static final AtomicLong MESSAGES = new AtomicLong();

    private Requests() {}

    /** Sends a message in a new context, and streams the answer, a count to {@code words}. */
    public static byte[] stream(int words) {
        return stream("/a2a", words);
    }

    /** The same at a server whose JSON-RPC interface has another path. */
    public static byte[] stream(String path, int words) {
        return post(
                path,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendStreamingMessage\",\"params\":{\"message\":"
                        + "{\"messageId\":\"" + RUN + "-" + MESSAGES.incrementAndGet()
                        + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"count\"}],\"metadata\":{\"words\":" + words
                        + "}}}}");
    }

    /** Sends a text, which needs no escapes in JSON, in a new context and waits for the completed task. */
    public static byte[] send(String path, String text) {
        return post(
                path,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendMessage\",\"params\":{\"message\":{\"messageId\":\""
                        + RUN
                        + "-" + MESSAGES.incrementAndGet() + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"" + text
                        + "\"}]}}}");
    }

    /** Joins the stream of a task. */
    public static byte[] subscribe(String taskId) {
        return post(
                "/a2a",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SubscribeToTask\",\"params\":{\"id\":\"" + taskId + "\"}}");
    }

    private static byte[] post(String path, String body) {
        return ("POST " + path
                        + " HTTP/1.1\r\nHost: localhost\r\nA2A-Version: 1.0\r\nAccept: application/json, text/event-stream\r\n"
                        + "Content-Type: application/json\r\nContent-Length: " + body.getBytes(UTF_8).length
                        + "\r\n\r\n"
                        + body)
                .getBytes(UTF_8);
    }
}
