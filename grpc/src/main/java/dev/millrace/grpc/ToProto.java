package dev.millrace.grpc;

import com.google.lf.a2a.v1.ListTaskPushNotificationConfigsResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
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
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.Instant;
import java.util.Objects;

/** Records as messages of protocol buffers. Nothing here can fail. Any thread. */
public final class ToProto {
    private ToProto() {}

    public static com.google.lf.a2a.v1.StreamResponse streamResponse(StreamResponse event) {
        var out = com.google.lf.a2a.v1.StreamResponse.newBuilder();
        return switch (event) {
            case Task task -> out.setTask(task(task)).build();
            case Message message -> out.setMessage(message(message)).build();
            case TaskStatusUpdateEvent update ->
                out.setStatusUpdate(statusUpdate(update)).build();
            case TaskArtifactUpdateEvent update ->
                out.setArtifactUpdate(artifactUpdate(update)).build();
        };
    }

    public static com.google.lf.a2a.v1.SendMessageResponse sendMessageResponse(SendMessageResponse response) {
        var out = com.google.lf.a2a.v1.SendMessageResponse.newBuilder();
        return switch (response) {
            case Task task -> out.setTask(task(task)).build();
            case Message message -> out.setMessage(message(message)).build();
        };
    }

    public static com.google.lf.a2a.v1.Task task(Task task) {
        var out = com.google.lf.a2a.v1.Task.newBuilder().setId(task.id()).setStatus(status(task.status()));
        if (task.contextId() != null) {
            out.setContextId(task.contextId());
        }
        task.artifacts().forEach(artifact -> out.addArtifacts(artifact(artifact)));
        task.history().forEach(message -> out.addHistory(message(message)));
        if (task.metadata() != null) {
            out.setMetadata(Structs.struct(task.metadata()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.TaskStatus status(TaskStatus status) {
        var out = com.google.lf.a2a.v1.TaskStatus.newBuilder()
                .setStateValue(status.state().number());
        if (status.message() != null) {
            out.setMessage(message(status.message()));
        }
        if (status.timestamp() != null) {
            out.setTimestamp(timestamp(status.timestamp()));
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.Message message(Message message) {
        var out = com.google.lf.a2a.v1.Message.newBuilder()
                .setMessageId(message.messageId())
                .setRoleValue(message.role().number())
                .addAllExtensions(message.extensions())
                .addAllReferenceTaskIds(message.referenceTaskIds());
        if (message.contextId() != null) {
            out.setContextId(message.contextId());
        }
        if (message.taskId() != null) {
            out.setTaskId(message.taskId());
        }
        message.parts().forEach(part -> out.addParts(part(part)));
        if (message.metadata() != null) {
            out.setMetadata(Structs.struct(message.metadata()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.Part part(Part part) {
        var out = com.google.lf.a2a.v1.Part.newBuilder();
        switch (part) {
            case TextPart text -> out.setText(text.text());
            case RawPart raw -> out.setRaw(ByteString.copyFrom(raw.raw()));
            case UrlPart url -> out.setUrl(url.url());
            case DataPart data -> out.setData(Structs.value(data.data()));
        }
        if (part.metadata() != null) {
            out.setMetadata(Structs.struct(Objects.requireNonNull(part.metadata())));
        }
        if (part.filename() != null) {
            out.setFilename(part.filename());
        }
        if (part.mediaType() != null) {
            out.setMediaType(part.mediaType());
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.Artifact artifact(Artifact artifact) {
        var out = com.google.lf.a2a.v1.Artifact.newBuilder()
                .setArtifactId(artifact.artifactId())
                .addAllExtensions(artifact.extensions());
        if (artifact.name() != null) {
            out.setName(artifact.name());
        }
        if (artifact.description() != null) {
            out.setDescription(artifact.description());
        }
        artifact.parts().forEach(part -> out.addParts(part(part)));
        if (artifact.metadata() != null) {
            out.setMetadata(Structs.struct(artifact.metadata()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.TaskStatusUpdateEvent statusUpdate(TaskStatusUpdateEvent update) {
        var out = com.google.lf.a2a.v1.TaskStatusUpdateEvent.newBuilder()
                .setTaskId(update.taskId())
                .setContextId(update.contextId())
                .setStatus(status(update.status()));
        if (update.metadata() != null) {
            out.setMetadata(Structs.struct(update.metadata()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.TaskArtifactUpdateEvent artifactUpdate(TaskArtifactUpdateEvent update) {
        var out = com.google.lf.a2a.v1.TaskArtifactUpdateEvent.newBuilder()
                .setTaskId(update.taskId())
                .setContextId(update.contextId())
                .setArtifact(artifact(update.artifact()))
                .setAppend(update.append())
                .setLastChunk(update.lastChunk());
        if (update.metadata() != null) {
            out.setMetadata(Structs.struct(update.metadata()));
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.ListTasksResponse listTasksResponse(ListTasksResponse page) {
        var out = com.google.lf.a2a.v1.ListTasksResponse.newBuilder()
                .setNextPageToken(page.nextPageToken())
                .setPageSize(page.pageSize())
                .setTotalSize(page.totalSize());
        page.tasks().forEach(task -> out.addTasks(task(task)));
        return out.build();
    }

    public static com.google.lf.a2a.v1.TaskPushNotificationConfig pushConfig(TaskPushNotificationConfig config) {
        var out = com.google.lf.a2a.v1.TaskPushNotificationConfig.newBuilder().setUrl(config.url());
        if (config.tenant() != null) {
            out.setTenant(config.tenant());
        }
        if (config.id() != null) {
            out.setId(config.id());
        }
        if (config.taskId() != null) {
            out.setTaskId(config.taskId());
        }
        if (config.token() != null) {
            out.setToken(config.token());
        }
        if (config.authentication() != null) {
            out.setAuthentication(authentication(config.authentication()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.AuthenticationInfo authentication(AuthenticationInfo authentication) {
        var out = com.google.lf.a2a.v1.AuthenticationInfo.newBuilder().setScheme(authentication.scheme());
        if (authentication.credentials() != null) {
            out.setCredentials(authentication.credentials());
        }
        return out.build();
    }

    public static ListTaskPushNotificationConfigsResponse pushConfigs(
            dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse page) {
        var out = ListTaskPushNotificationConfigsResponse.newBuilder();
        page.configs().forEach(config -> out.addConfigs(pushConfig(config)));
        if (page.nextPageToken() != null) {
            out.setNextPageToken(page.nextPageToken());
        }
        return out.build();
    }

    // ---- What a client sends

    public static com.google.lf.a2a.v1.SendMessageRequest sendMessage(SendMessageRequest request) {
        var out = com.google.lf.a2a.v1.SendMessageRequest.newBuilder().setMessage(message(request.message()));
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        if (request.configuration() != null) {
            out.setConfiguration(configuration(request.configuration()));
        }
        if (request.metadata() != null) {
            out.setMetadata(Structs.struct(request.metadata()));
        }
        return out.build();
    }

    private static com.google.lf.a2a.v1.SendMessageConfiguration configuration(SendMessageConfiguration configuration) {
        var out = com.google.lf.a2a.v1.SendMessageConfiguration.newBuilder()
                .addAllAcceptedOutputModes(configuration.acceptedOutputModes())
                .setReturnImmediately(configuration.returnImmediately());
        if (configuration.taskPushNotificationConfig() != null) {
            out.setTaskPushNotificationConfig(pushConfig(configuration.taskPushNotificationConfig()));
        }
        if (configuration.historyLength() != null) {
            out.setHistoryLength(configuration.historyLength());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.GetTaskRequest getTask(GetTaskRequest request) {
        var out = com.google.lf.a2a.v1.GetTaskRequest.newBuilder().setId(request.id());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        if (request.historyLength() != null) {
            out.setHistoryLength(request.historyLength());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.ListTasksRequest listTasks(ListTasksRequest request) {
        var out = com.google.lf.a2a.v1.ListTasksRequest.newBuilder().setIncludeArtifacts(request.includeArtifacts());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        if (request.contextId() != null) {
            out.setContextId(request.contextId());
        }
        if (request.status() != null) {
            out.setStatusValue(request.status().number());
        }
        if (request.pageSize() != null) {
            out.setPageSize(request.pageSize());
        }
        if (request.pageToken() != null) {
            out.setPageToken(request.pageToken());
        }
        if (request.historyLength() != null) {
            out.setHistoryLength(request.historyLength());
        }
        if (request.statusTimestampAfter() != null) {
            out.setStatusTimestampAfter(timestamp(request.statusTimestampAfter()));
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.CancelTaskRequest cancelTask(CancelTaskRequest request) {
        var out = com.google.lf.a2a.v1.CancelTaskRequest.newBuilder().setId(request.id());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        if (request.metadata() != null) {
            out.setMetadata(Structs.struct(request.metadata()));
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.SubscribeToTaskRequest subscribe(SubscribeToTaskRequest request) {
        var out = com.google.lf.a2a.v1.SubscribeToTaskRequest.newBuilder().setId(request.id());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.GetTaskPushNotificationConfigRequest getPushConfig(
            GetTaskPushNotificationConfigRequest request) {
        var out = com.google.lf.a2a.v1.GetTaskPushNotificationConfigRequest.newBuilder()
                .setTaskId(request.taskId())
                .setId(request.id());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.ListTaskPushNotificationConfigsRequest listPushConfigs(
            ListTaskPushNotificationConfigsRequest request) {
        var out = com.google.lf.a2a.v1.ListTaskPushNotificationConfigsRequest.newBuilder()
                .setTaskId(request.taskId());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        if (request.pageSize() != null) {
            out.setPageSize(request.pageSize());
        }
        if (request.pageToken() != null) {
            out.setPageToken(request.pageToken());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.DeleteTaskPushNotificationConfigRequest deletePushConfig(
            DeleteTaskPushNotificationConfigRequest request) {
        var out = com.google.lf.a2a.v1.DeleteTaskPushNotificationConfigRequest.newBuilder()
                .setTaskId(request.taskId())
                .setId(request.id());
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        return out.build();
    }

    public static com.google.lf.a2a.v1.GetExtendedAgentCardRequest getExtendedAgentCard(
            GetExtendedAgentCardRequest request) {
        var out = com.google.lf.a2a.v1.GetExtendedAgentCardRequest.newBuilder();
        if (request.tenant() != null) {
            out.setTenant(request.tenant());
        }
        return out.build();
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
