package dev.millrace.bench.house;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.rpc.RpcId;
import dev.millrace.protocol.rpc.RpcResponse;
import dev.millrace.server.http.FrameBuffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The floor: the HTTP server under Millrace, with a virtual thread for each request, that answers the load in the words it
 * expects and does nothing for it: nothing is parsed, run or stored, and what does not depend on the request was made before.
 */
final class BareHouse extends Handler.Abstract {
    private static final RpcId ID = RpcId.of("1");
    private static final byte[] TEXT = "\"parts\":[{\"text\":\"".getBytes(ISO_8859_1);
    private static final byte[] MARK = "@@".getBytes(ISO_8859_1);

    private final List<byte[]> answer = pieces(answer());
    private final Map<Integer, byte[]> streams = new ConcurrentHashMap<>();

    private BareHouse() {}

    /** @return the port */
    static int open() throws Exception {
        var platform = new QueuedThreadPool();
        platform.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
        platform.setReservedThreads(0);
        var server = new Server(platform);
        var http = new HttpConnectionFactory(new HttpConfiguration());
        http.setInputBufferSize(64 << 10);
        var connector = new ServerConnector(server, 1, -1, http);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new BareHouse());
        server.start();
        return connector.getLocalPort();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        ByteBuffer buffer = Content.Source.asByteBuffer(request);
        byte[] body = new byte[buffer.remaining()];
        buffer.get(body);
        int words = words(body);
        byte[] bytes;
        if (words > 0) {
            bytes = streams.computeIfAbsent(words, BareHouse::stream);
            response.getHeaders().put("Content-Type", "text/event-stream");
        } else {
            bytes = around(body);
            response.getHeaders().put("Content-Type", "application/json").put("Content-Length", bytes.length);
        }
        for (int at = 0; at < bytes.length; at += 128 << 10) {
            int length = Math.min(128 << 10, bytes.length - at);
            Content.Sink.write(response, at + length == bytes.length, ByteBuffer.wrap(bytes, at, length));
        }
        callback.succeeded();
        return true;
    }

    private static int words(byte[] body) {
        String name = "\"words\":";
        String text = new String(body, 0, Math.min(body.length, 1024), ISO_8859_1);
        int at = text.indexOf(name);
        return at < 0 ? 0 : Integer.parseInt(text, at + name.length(), text.indexOf('}', at), 10);
    }

    /** The answer with the request's text wherever it belongs. */
    private byte[] around(byte[] body) {
        int from = indexOf(body, TEXT, 0) + TEXT.length;
        int to = body.length;
        while (body[to - 1] != '"') {
            to--;
        }
        int length = to - 1 - from;
        int size = answer.stream().mapToInt(piece -> piece.length).sum() + (answer.size() - 1) * length;
        var bytes = ByteBuffer.allocate(size);
        for (int i = 0; i < answer.size(); i++) {
            bytes.put(answer.get(i));
            if (i < answer.size() - 1) {
                bytes.put(body, from, length);
            }
        }
        return bytes.array();
    }

    private static byte[] answer() {
        SendMessageResponse task = made(TaskState.COMPLETED)
                .withHistory(List.of(Message.user("message", "@@").in("context", "task")))
                .withArtifacts(List.of(Artifact.text("answer", "Echo: @@")));
        return RpcResponse.pieces(ID, A2aJson.SEND_MESSAGE_RESPONSE, task).bytes();
    }

    // Jetty's handlers have a Task of their own.
    private static dev.millrace.protocol.Task made(TaskState state) {
        return dev.millrace.protocol.Task.of("task", "context", TaskStatus.of(state, Instant.EPOCH));
    }

    private static List<byte[]> pieces(byte[] whole) {
        var pieces = new ArrayList<byte[]>();
        var piece = new ByteArrayOutputStream();
        int from = 0;
        for (int mark = indexOf(whole, MARK, 0); mark >= 0; mark = indexOf(whole, MARK, from)) {
            piece.write(whole, from, mark - from);
            pieces.add(piece.toByteArray());
            piece.reset();
            from = mark + MARK.length;
        }
        piece.write(whole, from, whole.length - from);
        pieces.add(piece.toByteArray());
        return pieces;
    }

    private static int indexOf(byte[] bytes, byte[] what, int from) {
        outer:
        for (int i = from; i <= bytes.length - what.length; i++) {
            for (int j = 0; j < what.length; j++) {
                if (bytes[i + j] != what[j]) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    private static byte[] stream(int words) {
        var frames = new FrameBuffer();
        int id = 1;
        frames.event(id++, payload(made(TaskState.SUBMITTED)));
        frames.event(id++, payload(status(TaskState.WORKING)));
        for (int word = 1; word <= words; word++) {
            var piece = Artifact.text("answer", word < words ? word + " " : String.valueOf(word));
            frames.event(id++, payload(TaskArtifactUpdateEvent.chunk("task", "context", piece, word > 1)));
        }
        frames.event(id, payload(status(TaskState.COMPLETED)));
        return frames.toByteArray();
    }

    private static StreamResponse status(TaskState state) {
        return new TaskStatusUpdateEvent("task", "context", TaskStatus.of(state, Instant.EPOCH), null);
    }

    private static byte[] payload(StreamResponse event) {
        return RpcResponse.pieces(ID, A2aJson.STREAM_RESPONSE, event).bytes();
    }
}
