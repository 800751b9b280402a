package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.FieldReader.invalid;
import static dev.millrace.protocol.json.Name.*;
import static java.util.Objects.requireNonNullElse;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;

/** What the operations take and give. */
final class OperationForms {
    private OperationForms() {}

    static SendMessageRequest readSendMessage(FieldReader in) {
        var tenant = in.text(TENANT);
        Message message = in.requiredObject(MESSAGE, TaskForms::readMessage);
        if (message.parts().isEmpty()) {
            throw invalid(Path.field(in.at(MESSAGE), PARTS), "must have at least one part");
        }
        return new SendMessageRequest(
                tenant, message, in.object(CONFIGURATION, OperationForms::readConfiguration), in.struct(METADATA));
    }

    static void writeSendMessage(SendMessageRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.object(MESSAGE, request.message(), TaskForms::writeMessage);
        out.object(CONFIGURATION, request.configuration(), OperationForms::writeConfiguration);
        out.struct(METADATA, request.metadata());
    }

    static SendMessageConfiguration readConfiguration(FieldReader in) {
        return new SendMessageConfiguration(
                in.texts(ACCEPTED_OUTPUT_MODES),
                in.object(TASK_PUSH_NOTIFICATION_CONFIG, PushForms::readConfig),
                in.int32(HISTORY_LENGTH),
                in.flag(RETURN_IMMEDIATELY));
    }

    static void writeConfiguration(SendMessageConfiguration configuration, FieldWriter out) {
        out.texts(ACCEPTED_OUTPUT_MODES, configuration.acceptedOutputModes());
        out.object(TASK_PUSH_NOTIFICATION_CONFIG, configuration.taskPushNotificationConfig(), PushForms::writeConfig);
        out.int32(HISTORY_LENGTH, configuration.historyLength());
        out.flag(RETURN_IMMEDIATELY, configuration.returnImmediately());
    }

    static GetTaskRequest readGetTask(FieldReader in) {
        return new GetTaskRequest(in.text(TENANT), in.id(ID), in.int32(HISTORY_LENGTH));
    }

    static void writeGetTask(GetTaskRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.requiredText(ID, request.id());
        out.int32(HISTORY_LENGTH, request.historyLength());
    }

    static ListTasksRequest readListTasks(FieldReader in) {
        return new ListTasksRequest(
                in.text(TENANT),
                in.text(CONTEXT_ID),
                in.constant(STATUS, TaskForms.STATES),
                in.int32(PAGE_SIZE),
                in.text(PAGE_TOKEN),
                in.int32(HISTORY_LENGTH),
                in.timestamp(STATUS_TIMESTAMP_AFTER),
                in.flag(INCLUDE_ARTIFACTS));
    }

    static void writeListTasks(ListTasksRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.text(CONTEXT_ID, request.contextId());
        out.constant(STATUS, request.status(), TaskForms.STATES);
        out.int32(PAGE_SIZE, request.pageSize());
        out.text(PAGE_TOKEN, request.pageToken());
        out.int32(HISTORY_LENGTH, request.historyLength());
        out.timestamp(STATUS_TIMESTAMP_AFTER, request.statusTimestampAfter());
        out.flag(INCLUDE_ARTIFACTS, request.includeArtifacts());
    }

    static ListTasksResponse readTaskPage(FieldReader in) {
        return new ListTasksResponse(
                in.objects(TASKS, TaskForms::readTask),
                requireNonNullElse(in.text(NEXT_PAGE_TOKEN), ""),
                in.int32OrZero(PAGE_SIZE),
                in.int32OrZero(TOTAL_SIZE));
    }

    static void writeTaskPage(ListTasksResponse page, FieldWriter out) {
        out.requiredObjects(TASKS, page.tasks(), TaskForms::writeTask);
        out.requiredText(NEXT_PAGE_TOKEN, page.nextPageToken());
        out.requiredInt32(PAGE_SIZE, page.pageSize());
        out.requiredInt32(TOTAL_SIZE, page.totalSize());
    }

    static CancelTaskRequest readCancelTask(FieldReader in) {
        return new CancelTaskRequest(in.text(TENANT), in.id(ID), in.struct(METADATA));
    }

    static void writeCancelTask(CancelTaskRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.requiredText(ID, request.id());
        out.struct(METADATA, request.metadata());
    }

    static SubscribeToTaskRequest readSubscribe(FieldReader in) {
        return new SubscribeToTaskRequest(in.text(TENANT), in.id(ID));
    }

    static void writeSubscribe(SubscribeToTaskRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.requiredText(ID, request.id());
    }

    static GetExtendedAgentCardRequest readGetExtendedCard(FieldReader in) {
        return new GetExtendedAgentCardRequest(in.text(TENANT));
    }

    static void writeGetExtendedCard(GetExtendedAgentCardRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
    }
}
