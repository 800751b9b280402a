package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A2A over JSON-RPC 2.0 (A2A v1.0, section 9): one POST for each operation. */
final class JsonRpcTransport implements Transport {
    private final HttpClient http;
    private final URI url;
    private final @Nullable String tenant;
    private final ClientSettings settings;
    private final AtomicLong requestIds = new AtomicLong();

    /** @param tenant copied into every request that names none (A2A v1.0, 4.4.6); null for none */
    JsonRpcTransport(HttpClient http, URI url, @Nullable String tenant, ClientSettings settings) {
        this.http = http;
        this.url = url;
        this.tenant = tenant;
        this.settings = settings;
    }

    @Override
    public SendMessageResponse send(SendMessageRequest request) throws IOException, InterruptedException {
        return call("SendMessage", A2aJson.SEND_MESSAGE_REQUEST.write(ours(request)), A2aJson.SEND_MESSAGE_RESPONSE);
    }

    @Override
    public Task getTask(GetTaskRequest request) throws IOException, InterruptedException {
        var ours = new GetTaskRequest(tenant(request.tenant()), request.id(), request.historyLength());
        return call("GetTask", A2aJson.GET_TASK_REQUEST.write(ours), A2aJson.TASK);
    }

    @Override
    public ListTasksResponse listTasks(ListTasksRequest request) throws IOException, InterruptedException {
        var ours = new ListTasksRequest(
                tenant(request.tenant()),
                request.contextId(),
                request.status(),
                request.pageSize(),
                request.pageToken(),
                request.historyLength(),
                request.statusTimestampAfter(),
                request.includeArtifacts());
        return call("ListTasks", A2aJson.LIST_TASKS_REQUEST.write(ours), A2aJson.LIST_TASKS_RESPONSE);
    }

    @Override
    public Task cancel(CancelTaskRequest request) throws IOException, InterruptedException {
        var ours = new CancelTaskRequest(tenant(request.tenant()), request.id(), request.metadata());
        return call("CancelTask", A2aJson.CANCEL_TASK_REQUEST.write(ours), A2aJson.TASK);
    }

    @Override
    public Feed stream(SendMessageRequest request) {
        return feed("SendStreamingMessage", A2aJson.SEND_MESSAGE_REQUEST.write(ours(request)), null);
    }

    @Override
    public Feed subscribe(String taskId, @Nullable String lastEventId) {
        var ours = new SubscribeToTaskRequest(tenant, taskId);
        return feed("SubscribeToTask", A2aJson.SUBSCRIBE_TO_TASK_REQUEST.write(ours), lastEventId);
    }

    private <T> T call(String method, byte[] params, JsonForm<T> form) throws IOException, InterruptedException {
        long id = requestIds.incrementAndGet();
        HttpRequest request = request(id, method, params, "application/json", null);
        try (SseStream exchange = SseStream.open(http, request, settings.idle(), SseReader.DEFAULT_LIMIT)) {
            return JsonRpcReply.of(exchange, url, id).read(form);
        }
    }

    private Feed feed(String method, byte[] params, @Nullable String lastEventId) {
        long id = requestIds.incrementAndGet();
        // Some servers answer an error, or a lone message, as plain JSON.
        HttpRequest request = request(id, method, params, "text/event-stream, application/json", lastEventId);
        return new JsonRpcFeed(SseStream.open(http, request, settings.idle(), SseReader.DEFAULT_LIMIT), url, id);
    }

    private HttpRequest request(long id, String method, byte[] params, String accept, @Nullable String lastEventId) {
        HttpRequest.Builder request = Requests.to(url, settings)
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .POST(BodyPublishers.ofByteArray(envelope(id, method, params)));
        if (lastEventId != null && !lastEventId.isEmpty()) {
            request.header("Last-Event-ID", lastEventId);
        }
        return request.build();
    }

    private static byte[] envelope(long id, String method, byte[] params) {
        var out = new ByteArrayOutputStream(params.length + 96);
        out.writeBytes(
                ("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":").getBytes(UTF_8));
        out.writeBytes(params);
        out.write('}');
        return out.toByteArray();
    }

    private SendMessageRequest ours(SendMessageRequest request) {
        return new SendMessageRequest(
                tenant(request.tenant()), request.message(), request.configuration(), request.metadata());
    }

    private @Nullable String tenant(@Nullable String given) {
        return given == null ? tenant : given;
    }
}
