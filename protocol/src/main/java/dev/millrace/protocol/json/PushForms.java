package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.Name.*;

import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import org.jspecify.annotations.Nullable;

/** Push configurations and the operations on them. */
final class PushForms {
    private PushForms() {}

    static TaskPushNotificationConfig readConfig(FieldReader in) {
        return new TaskPushNotificationConfig(
                in.text(TENANT),
                in.text(ID),
                in.text(TASK_ID),
                in.id(URL),
                in.text(TOKEN),
                in.object(AUTHENTICATION, PushForms::readAuthentication));
    }

    static void writeConfig(TaskPushNotificationConfig config, FieldWriter out) {
        out.text(TENANT, config.tenant());
        out.text(ID, config.id());
        out.text(TASK_ID, config.taskId());
        out.requiredText(URL, config.url());
        out.text(TOKEN, config.token());
        out.object(AUTHENTICATION, config.authentication(), PushForms::writeAuthentication);
    }

    static AuthenticationInfo readAuthentication(FieldReader in) {
        return new AuthenticationInfo(in.requiredText(SCHEME), in.text(CREDENTIALS));
    }

    static void writeAuthentication(AuthenticationInfo authentication, FieldWriter out) {
        out.requiredText(SCHEME, authentication.scheme());
        out.text(CREDENTIALS, authentication.credentials());
    }

    static GetTaskPushNotificationConfigRequest readGet(FieldReader in) {
        return new GetTaskPushNotificationConfigRequest(in.text(TENANT), in.id(TASK_ID), in.id(ID));
    }

    static void writeGet(GetTaskPushNotificationConfigRequest request, FieldWriter out) {
        one(request.tenant(), request.taskId(), request.id(), out);
    }

    static DeleteTaskPushNotificationConfigRequest readDelete(FieldReader in) {
        return new DeleteTaskPushNotificationConfigRequest(in.text(TENANT), in.id(TASK_ID), in.id(ID));
    }

    static void writeDelete(DeleteTaskPushNotificationConfigRequest request, FieldWriter out) {
        one(request.tenant(), request.taskId(), request.id(), out);
    }

    private static void one(@Nullable String tenant, String taskId, String id, FieldWriter out) {
        out.text(TENANT, tenant);
        out.requiredText(TASK_ID, taskId);
        out.requiredText(ID, id);
    }

    static ListTaskPushNotificationConfigsRequest readList(FieldReader in) {
        return new ListTaskPushNotificationConfigsRequest(
                in.text(TENANT), in.id(TASK_ID), in.int32(PAGE_SIZE), in.text(PAGE_TOKEN));
    }

    static void writeList(ListTaskPushNotificationConfigsRequest request, FieldWriter out) {
        out.text(TENANT, request.tenant());
        out.requiredText(TASK_ID, request.taskId());
        out.int32(PAGE_SIZE, request.pageSize());
        out.text(PAGE_TOKEN, request.pageToken());
    }

    static ListTaskPushNotificationConfigsResponse readPage(FieldReader in) {
        return new ListTaskPushNotificationConfigsResponse(
                in.objects(CONFIGS, PushForms::readConfig), in.text(NEXT_PAGE_TOKEN));
    }

    static void writePage(ListTaskPushNotificationConfigsResponse page, FieldWriter out) {
        out.objects(CONFIGS, page.configs(), PushForms::writeConfig);
        out.text(NEXT_PAGE_TOKEN, page.nextPageToken());
    }
}
