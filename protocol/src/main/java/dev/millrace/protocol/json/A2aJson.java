package dev.millrace.protocol.json;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentCardSignature;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentProvider;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.OAuthFlows;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.card.SecurityScheme;
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

/**
 * The JSON of A2A v1.0: one {@link JsonForm} for each type.
 *
 * <pre>{@code
 * byte[] event = A2aJson.STREAM_RESPONSE.write(update);          // {"artifactUpdate":{…}}
 * SendMessageRequest request = A2aJson.SEND_MESSAGE_REQUEST.read(params);
 * }</pre>
 *
 * <p>The rules are on the package's page. A task in a stream and a bare task differ, so ask the form that is meant:
 * {@link #STREAM_RESPONSE} wraps, {@link #TASK} does not.
 */
public final class A2aJson {
    private A2aJson() {}

    // ---- The model

    public static final JsonForm<Task> TASK = new JsonForm<>(TaskForms::readTask, TaskForms::writeTask);

    public static final JsonForm<TaskStatus> TASK_STATUS =
            new JsonForm<>(TaskForms::readStatus, TaskForms::writeStatus);

    public static final JsonForm<Message> MESSAGE = new JsonForm<>(TaskForms::readMessage, TaskForms::writeMessage);

    public static final JsonForm<Part> PART = new JsonForm<>(TaskForms::readPart, TaskForms::writePart);

    public static final JsonForm<Artifact> ARTIFACT = new JsonForm<>(TaskForms::readArtifact, TaskForms::writeArtifact);

    public static final JsonForm<TaskStatusUpdateEvent> STATUS_UPDATE =
            new JsonForm<>(TaskForms::readStatusUpdate, TaskForms::writeStatusUpdate);

    public static final JsonForm<TaskArtifactUpdateEvent> ARTIFACT_UPDATE =
            new JsonForm<>(TaskForms::readArtifactUpdate, TaskForms::writeArtifactUpdate);

    /** An event, wrapped in an object whose only field says which it is. */
    public static final JsonForm<StreamResponse> STREAM_RESPONSE =
            new JsonForm<>(TaskForms::readStreamResponse, TaskForms::writeStreamResponse);

    /** A task or a message, wrapped in an object whose only field says which it is. */
    public static final JsonForm<SendMessageResponse> SEND_MESSAGE_RESPONSE =
            new JsonForm<>(TaskForms::readSendMessageResponse, TaskForms::writeSendMessageResponse);

    // ---- The operations

    public static final JsonForm<SendMessageRequest> SEND_MESSAGE_REQUEST =
            new JsonForm<>(OperationForms::readSendMessage, OperationForms::writeSendMessage);

    public static final JsonForm<SendMessageConfiguration> SEND_MESSAGE_CONFIGURATION =
            new JsonForm<>(OperationForms::readConfiguration, OperationForms::writeConfiguration);

    public static final JsonForm<GetTaskRequest> GET_TASK_REQUEST =
            new JsonForm<>(OperationForms::readGetTask, OperationForms::writeGetTask);

    public static final JsonForm<ListTasksRequest> LIST_TASKS_REQUEST =
            new JsonForm<>(OperationForms::readListTasks, OperationForms::writeListTasks);

    public static final JsonForm<ListTasksResponse> LIST_TASKS_RESPONSE =
            new JsonForm<>(OperationForms::readTaskPage, OperationForms::writeTaskPage);

    public static final JsonForm<CancelTaskRequest> CANCEL_TASK_REQUEST =
            new JsonForm<>(OperationForms::readCancelTask, OperationForms::writeCancelTask);

    public static final JsonForm<SubscribeToTaskRequest> SUBSCRIBE_TO_TASK_REQUEST =
            new JsonForm<>(OperationForms::readSubscribe, OperationForms::writeSubscribe);

    public static final JsonForm<GetExtendedAgentCardRequest> GET_EXTENDED_AGENT_CARD_REQUEST =
            new JsonForm<>(OperationForms::readGetExtendedCard, OperationForms::writeGetExtendedCard);

    // ---- Push

    public static final JsonForm<TaskPushNotificationConfig> TASK_PUSH_NOTIFICATION_CONFIG =
            new JsonForm<>(PushForms::readConfig, PushForms::writeConfig);

    public static final JsonForm<AuthenticationInfo> AUTHENTICATION_INFO =
            new JsonForm<>(PushForms::readAuthentication, PushForms::writeAuthentication);

    public static final JsonForm<GetTaskPushNotificationConfigRequest> GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST =
            new JsonForm<>(PushForms::readGet, PushForms::writeGet);

    public static final JsonForm<ListTaskPushNotificationConfigsRequest> LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST =
            new JsonForm<>(PushForms::readList, PushForms::writeList);

    public static final JsonForm<ListTaskPushNotificationConfigsResponse> LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE =
            new JsonForm<>(PushForms::readPage, PushForms::writePage);

    public static final JsonForm<DeleteTaskPushNotificationConfigRequest> DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST =
            new JsonForm<>(PushForms::readDelete, PushForms::writeDelete);

    // ---- The card

    public static final JsonForm<AgentCard> AGENT_CARD = new JsonForm<>(CardForms::readCard, CardForms::writeCard);

    public static final JsonForm<AgentInterface> AGENT_INTERFACE =
            new JsonForm<>(CardForms::readInterface, CardForms::writeInterface);

    public static final JsonForm<AgentProvider> AGENT_PROVIDER =
            new JsonForm<>(CardForms::readProvider, CardForms::writeProvider);

    public static final JsonForm<AgentCapabilities> AGENT_CAPABILITIES =
            new JsonForm<>(CardForms::readCapabilities, CardForms::writeCapabilities);

    public static final JsonForm<AgentExtension> AGENT_EXTENSION =
            new JsonForm<>(CardForms::readExtension, CardForms::writeExtension);

    public static final JsonForm<AgentSkill> AGENT_SKILL = new JsonForm<>(CardForms::readSkill, CardForms::writeSkill);

    public static final JsonForm<AgentCardSignature> AGENT_CARD_SIGNATURE =
            new JsonForm<>(CardForms::readSignature, CardForms::writeSignature);

    /** A scheme, wrapped in an object whose only field says which it is. */
    public static final JsonForm<SecurityScheme> SECURITY_SCHEME =
            new JsonForm<>(SecurityForms::readScheme, SecurityForms::writeScheme);

    /** A flow, wrapped in an object whose only field says which it is. */
    public static final JsonForm<OAuthFlows> OAUTH_FLOWS =
            new JsonForm<>(SecurityForms::readFlow, SecurityForms::writeFlow);

    public static final JsonForm<SecurityRequirement> SECURITY_REQUIREMENT =
            new JsonForm<>(SecurityForms::readRequirement, SecurityForms::writeRequirement);
}
