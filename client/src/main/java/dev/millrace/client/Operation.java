package dev.millrace.client;

import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One of the eleven operations of A2A (A2A v1.0, 3.1): what all bindings have in common of it.
 *
 * @param name as JSON-RPC and gRPC call it
 * @param request how the request is written
 * @param response how the answer, or each event of it, is read
 * @param tenant the request with a tenant, if it names none itself
 */
record Operation<Q, A>(String name, JsonForm<Q> request, Reading<A> response, Tenancy<Q> tenant) {

    /** Reads an answer that stands at {@code path} of a document. */
    @FunctionalInterface
    interface Reading<A> {
        A read(JsonNode json, String path);
    }

    /** Puts in the tenant that the card asks for (A2A v1.0, 4.4.6). */
    @FunctionalInterface
    interface Tenancy<Q> {
        Q in(Q request, UnaryOperator<@Nullable String> tenant);
    }

    /** The answer that says nothing: {@code google.protobuf.Empty}. */
    enum Done {
        DONE
    }

    private static final Tenancy<SendMessageRequest> SEND =
            (r, t) -> new SendMessageRequest(t.apply(r.tenant()), r.message(), r.configuration(), r.metadata());

    static final Operation<SendMessageRequest, SendMessageResponse> SEND_MESSAGE =
            new Operation<>("SendMessage", A2aJson.SEND_MESSAGE_REQUEST, A2aJson.SEND_MESSAGE_RESPONSE::read, SEND);

    static final Operation<SendMessageRequest, StreamResponse> SEND_STREAMING_MESSAGE =
            new Operation<>("SendStreamingMessage", A2aJson.SEND_MESSAGE_REQUEST, A2aJson.STREAM_RESPONSE::read, SEND);

    static final Operation<GetTaskRequest, Task> GET_TASK = new Operation<>(
            "GetTask",
            A2aJson.GET_TASK_REQUEST,
            A2aJson.TASK::read,
            (r, t) -> new GetTaskRequest(t.apply(r.tenant()), r.id(), r.historyLength()));

    static final Operation<ListTasksRequest, ListTasksResponse> LIST_TASKS = new Operation<>(
            "ListTasks",
            A2aJson.LIST_TASKS_REQUEST,
            A2aJson.LIST_TASKS_RESPONSE::read,
            (r, t) -> new ListTasksRequest(
                    t.apply(r.tenant()),
                    r.contextId(),
                    r.status(),
                    r.pageSize(),
                    r.pageToken(),
                    r.historyLength(),
                    r.statusTimestampAfter(),
                    r.includeArtifacts()));

    static final Operation<CancelTaskRequest, Task> CANCEL_TASK = new Operation<>(
            "CancelTask",
            A2aJson.CANCEL_TASK_REQUEST,
            A2aJson.TASK::read,
            (r, t) -> new CancelTaskRequest(t.apply(r.tenant()), r.id(), r.metadata()));

    static final Operation<SubscribeToTaskRequest, StreamResponse> SUBSCRIBE_TO_TASK = new Operation<>(
            "SubscribeToTask",
            A2aJson.SUBSCRIBE_TO_TASK_REQUEST,
            A2aJson.STREAM_RESPONSE::read,
            (r, t) -> new SubscribeToTaskRequest(t.apply(r.tenant()), r.id()));

    static final Operation<TaskPushNotificationConfig, TaskPushNotificationConfig> CREATE_PUSH_CONFIG = new Operation<>(
            "CreateTaskPushNotificationConfig",
            A2aJson.TASK_PUSH_NOTIFICATION_CONFIG,
            A2aJson.TASK_PUSH_NOTIFICATION_CONFIG::read,
            (r, t) -> new TaskPushNotificationConfig(
                    t.apply(r.tenant()), r.id(), r.taskId(), r.url(), r.token(), r.authentication()));

    static final Operation<GetTaskPushNotificationConfigRequest, TaskPushNotificationConfig> GET_PUSH_CONFIG =
            new Operation<>(
                    "GetTaskPushNotificationConfig",
                    A2aJson.GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST,
                    A2aJson.TASK_PUSH_NOTIFICATION_CONFIG::read,
                    (r, t) -> new GetTaskPushNotificationConfigRequest(t.apply(r.tenant()), r.taskId(), r.id()));

    static final Operation<ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse>
            LIST_PUSH_CONFIGS = new Operation<>(
                    "ListTaskPushNotificationConfigs",
                    A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST,
                    A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE::read,
                    (r, t) -> new ListTaskPushNotificationConfigsRequest(
                            t.apply(r.tenant()), r.taskId(), r.pageSize(), r.pageToken()));

    static final Operation<DeleteTaskPushNotificationConfigRequest, Done> DELETE_PUSH_CONFIG = new Operation<>(
            "DeleteTaskPushNotificationConfig",
            A2aJson.DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST,
            (json, path) -> Done.DONE,
            (r, t) -> new DeleteTaskPushNotificationConfigRequest(t.apply(r.tenant()), r.taskId(), r.id()));

    static final Operation<GetExtendedAgentCardRequest, AgentCard> GET_EXTENDED_CARD = new Operation<>(
            "GetExtendedAgentCard",
            A2aJson.GET_EXTENDED_AGENT_CARD_REQUEST,
            A2aJson.AGENT_CARD::read,
            (r, t) -> new GetExtendedAgentCardRequest(t.apply(r.tenant())));

    Q in(@Nullable String otherwise, Q asked) {
        return otherwise == null ? asked : tenant.in(asked, given -> given == null ? otherwise : given);
    }
}
