package dev.millrace.grpc;

import com.google.protobuf.Timestamp;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Messages of protocol buffers as records. A required field that is not there, and anything that the records could not
 * say, is an {@link InvalidField} that names the field as the JSON bindings do. Any thread.
 */
public final class FromProto {
    private static final TaskState[] STATES = TaskState.values();
    private static final Role[] ROLES = Role.values();

    private FromProto() {}

    // ---- Requests

    public static SendMessageRequest sendMessage(com.google.lf.a2a.v1.SendMessageRequest request) {
        if (!request.hasMessage()) {
            throw new InvalidField("message", "is required");
        }
        return new SendMessageRequest(
                text(request.getTenant()),
                message(request.getMessage(), "message"),
                request.hasConfiguration() ? configuration(request.getConfiguration()) : null,
                request.hasMetadata() ? Structs.object(request.getMetadata(), "metadata") : null);
    }

    private static SendMessageConfiguration configuration(com.google.lf.a2a.v1.SendMessageConfiguration in) {
        return new SendMessageConfiguration(
                in.getAcceptedOutputModesList(),
                in.hasTaskPushNotificationConfig()
                        ? pushConfig(in.getTaskPushNotificationConfig(), "configuration.taskPushNotificationConfig.")
                        : null,
                in.hasHistoryLength() ? in.getHistoryLength() : null,
                in.getReturnImmediately());
    }

    public static GetTaskRequest getTask(com.google.lf.a2a.v1.GetTaskRequest request) {
        return new GetTaskRequest(
                text(request.getTenant()),
                id(request.getId(), "id"),
                request.hasHistoryLength() ? request.getHistoryLength() : null);
    }

    public static ListTasksRequest listTasks(com.google.lf.a2a.v1.ListTasksRequest request) {
        return new ListTasksRequest(
                text(request.getTenant()),
                text(request.getContextId()),
                request.getStatusValue() == 0 ? null : state(request.getStatusValue(), "status"),
                request.hasPageSize() ? request.getPageSize() : null,
                text(request.getPageToken()),
                request.hasHistoryLength() ? request.getHistoryLength() : null,
                request.hasStatusTimestampAfter()
                        ? instant(request.getStatusTimestampAfter(), "statusTimestampAfter")
                        : null,
                request.getIncludeArtifacts());
    }

    public static CancelTaskRequest cancelTask(com.google.lf.a2a.v1.CancelTaskRequest request) {
        return new CancelTaskRequest(
                text(request.getTenant()),
                id(request.getId(), "id"),
                request.hasMetadata() ? Structs.object(request.getMetadata(), "metadata") : null);
    }

    public static SubscribeToTaskRequest subscribe(com.google.lf.a2a.v1.SubscribeToTaskRequest request) {
        return new SubscribeToTaskRequest(text(request.getTenant()), id(request.getId(), "id"));
    }

    public static GetExtendedAgentCardRequest getExtendedAgentCard(
            com.google.lf.a2a.v1.GetExtendedAgentCardRequest request) {
        return new GetExtendedAgentCardRequest(text(request.getTenant()));
    }

    public static TaskPushNotificationConfig pushConfig(com.google.lf.a2a.v1.TaskPushNotificationConfig config) {
        return pushConfig(config, "");
    }

    private static TaskPushNotificationConfig pushConfig(
            com.google.lf.a2a.v1.TaskPushNotificationConfig config, String at) {
        return new TaskPushNotificationConfig(
                text(config.getTenant()),
                text(config.getId()),
                text(config.getTaskId()),
                id(config.getUrl(), at + "url"),
                text(config.getToken()),
                config.hasAuthentication()
                        ? new AuthenticationInfo(
                                id(config.getAuthentication().getScheme(), at + "authentication.scheme"),
                                text(config.getAuthentication().getCredentials()))
                        : null);
    }

    public static GetTaskPushNotificationConfigRequest getPushConfig(
            com.google.lf.a2a.v1.GetTaskPushNotificationConfigRequest request) {
        return new GetTaskPushNotificationConfigRequest(
                text(request.getTenant()), id(request.getTaskId(), "taskId"), id(request.getId(), "id"));
    }

    public static ListTaskPushNotificationConfigsRequest listPushConfigs(
            com.google.lf.a2a.v1.ListTaskPushNotificationConfigsRequest request) {
        return new ListTaskPushNotificationConfigsRequest(
                text(request.getTenant()),
                id(request.getTaskId(), "taskId"),
                request.getPageSize() == 0 ? null : request.getPageSize(),
                text(request.getPageToken()));
    }

    public static DeleteTaskPushNotificationConfigRequest deletePushConfig(
            com.google.lf.a2a.v1.DeleteTaskPushNotificationConfigRequest request) {
        return new DeleteTaskPushNotificationConfigRequest(
                text(request.getTenant()), id(request.getTaskId(), "taskId"), id(request.getId(), "id"));
    }

    // ---- Answers

    public static AgentCard agentCard(com.google.lf.a2a.v1.AgentCard card) {
        ObjectNode tree = ProtoTree.of(card, "");
        // Protocol buffers can't tell an empty list or object from an absent one: what A2A requires is empty, then.
        for (String list : List.of("supportedInterfaces", "defaultInputModes", "defaultOutputModes", "skills")) {
            tree.withArray(list);
        }
        tree.withObject("capabilities");
        return A2aJson.AGENT_CARD.read(tree);
    }

    public static StreamResponse streamResponse(com.google.lf.a2a.v1.StreamResponse event) {
        return switch (event.getPayloadCase()) {
            case TASK -> task(event.getTask());
            case MESSAGE -> message(event.getMessage(), "message");
            case STATUS_UPDATE -> statusUpdate(event.getStatusUpdate());
            case ARTIFACT_UPDATE -> artifactUpdate(event.getArtifactUpdate());
            case PAYLOAD_NOT_SET ->
                throw new InvalidField("", "must have one of task, message, statusUpdate and" + " artifactUpdate");
        };
    }

    public static SendMessageResponse sendMessageResponse(com.google.lf.a2a.v1.SendMessageResponse response) {
        return switch (response.getPayloadCase()) {
            case TASK -> task(response.getTask());
            case MESSAGE -> message(response.getMessage(), "message");
            case PAYLOAD_NOT_SET -> throw new InvalidField("", "must have one of task and message");
        };
    }

    public static ListTasksResponse listTasksResponse(com.google.lf.a2a.v1.ListTasksResponse page) {
        return new ListTasksResponse(
                page.getTasksList().stream().map(FromProto::task).toList(),
                page.getNextPageToken(),
                page.getPageSize(),
                page.getTotalSize());
    }

    public static ListTaskPushNotificationConfigsResponse pushConfigs(
            com.google.lf.a2a.v1.ListTaskPushNotificationConfigsResponse page) {
        return new ListTaskPushNotificationConfigsResponse(
                page.getConfigsList().stream().map(FromProto::pushConfig).toList(), text(page.getNextPageToken()));
    }

    // ---- The model

    public static Task task(com.google.lf.a2a.v1.Task task) {
        var artifacts = new ArrayList<Artifact>();
        for (int i = 0; i < task.getArtifactsCount(); i++) {
            artifacts.add(artifact(task.getArtifacts(i), "artifacts[" + i + "]"));
        }
        var history = new ArrayList<Message>();
        for (int i = 0; i < task.getHistoryCount(); i++) {
            history.add(message(task.getHistory(i), "history[" + i + "]"));
        }
        return new Task(
                id(task.getId(), "id"),
                text(task.getContextId()),
                status(task.getStatus(), "status"),
                artifacts,
                history,
                task.hasMetadata() ? Structs.object(task.getMetadata(), "metadata") : null);
    }

    private static TaskStatus status(com.google.lf.a2a.v1.TaskStatus status, String at) {
        return new TaskStatus(
                state(status.getStateValue(), at + ".state"),
                status.hasMessage() ? message(status.getMessage(), at + ".message") : null,
                status.hasTimestamp() ? instant(status.getTimestamp(), at + ".timestamp") : null);
    }

    private static Message message(com.google.lf.a2a.v1.Message message, String at) {
        int role = message.getRoleValue();
        if (role < 1 || role > ROLES.length) {
            throw new InvalidField(at + ".role", "must be ROLE_USER or ROLE_AGENT");
        }
        return new Message(
                id(message.getMessageId(), at + ".messageId"),
                text(message.getContextId()),
                text(message.getTaskId()),
                ROLES[role - 1],
                parts(message.getPartsList(), at + ".parts"),
                message.hasMetadata() ? Structs.object(message.getMetadata(), at + ".metadata") : null,
                message.getExtensionsList(),
                message.getReferenceTaskIdsList());
    }

    private static List<Part> parts(List<com.google.lf.a2a.v1.Part> in, String at) {
        if (in.isEmpty()) {
            throw new InvalidField(at, "must have at least one part");
        }
        var parts = new ArrayList<Part>(in.size());
        for (int i = 0; i < in.size(); i++) {
            parts.add(part(in.get(i), at + "[" + i + "]"));
        }
        return parts;
    }

    private static Part part(com.google.lf.a2a.v1.Part part, String at) {
        var metadata = part.hasMetadata() ? Structs.object(part.getMetadata(), at + ".metadata") : null;
        String filename = text(part.getFilename());
        String mediaType = text(part.getMediaType());
        return switch (part.getContentCase()) {
            case TEXT -> new TextPart(part.getText(), metadata, filename, mediaType);
            case RAW -> new RawPart(part.getRaw().toByteArray(), metadata, filename, mediaType);
            case URL -> new UrlPart(part.getUrl(), metadata, filename, mediaType);
            case DATA -> new DataPart(Structs.json(part.getData(), at + ".data"), metadata, filename, mediaType);
            case CONTENT_NOT_SET -> throw new InvalidField(at, "must have exactly one of text, raw, url and data");
        };
    }

    private static Artifact artifact(com.google.lf.a2a.v1.Artifact artifact, String at) {
        var parts = new ArrayList<Part>();
        for (int i = 0; i < artifact.getPartsCount(); i++) {
            parts.add(part(artifact.getParts(i), at + ".parts[" + i + "]"));
        }
        return new Artifact(
                id(artifact.getArtifactId(), at + ".artifactId"),
                text(artifact.getName()),
                text(artifact.getDescription()),
                parts,
                artifact.hasMetadata() ? Structs.object(artifact.getMetadata(), at + ".metadata") : null,
                artifact.getExtensionsList());
    }

    private static TaskStatusUpdateEvent statusUpdate(com.google.lf.a2a.v1.TaskStatusUpdateEvent update) {
        return new TaskStatusUpdateEvent(
                id(update.getTaskId(), "statusUpdate.taskId"),
                update.getContextId(),
                status(update.getStatus(), "statusUpdate.status"),
                update.hasMetadata() ? Structs.object(update.getMetadata(), "statusUpdate.metadata") : null);
    }

    private static TaskArtifactUpdateEvent artifactUpdate(com.google.lf.a2a.v1.TaskArtifactUpdateEvent update) {
        return new TaskArtifactUpdateEvent(
                id(update.getTaskId(), "artifactUpdate.taskId"),
                update.getContextId(),
                artifact(update.getArtifact(), "artifactUpdate.artifact"),
                update.getAppend(),
                update.getLastChunk(),
                update.hasMetadata() ? Structs.object(update.getMetadata(), "artifactUpdate.metadata") : null);
    }

    // ---- Values

    /** An empty string is an absent one (ProtoJSON's rule, too). */
    private static @Nullable String text(String text) {
        return text.isEmpty() ? null : text;
    }

    private static String id(String text, String at) {
        if (text.isEmpty()) {
            throw new InvalidField(at, "is required");
        }
        return text;
    }

    private static TaskState state(int number, String at) {
        if (number < 1 || number > STATES.length) {
            throw new InvalidField(at, "must be a state of A2A 1.0, not the number " + number);
        }
        return STATES[number - 1];
    }

    private static Instant instant(Timestamp timestamp, String at) {
        try {
            return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
        } catch (DateTimeException | ArithmeticException e) {
            throw new InvalidField(at, "is no time that can be told: " + e.getMessage());
        }
    }
}
