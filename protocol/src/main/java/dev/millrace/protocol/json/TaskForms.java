package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.Name.*;

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

/** The words of the model: tasks, messages, artifacts, and their events. */
final class TaskForms {
    static final Constants<TaskState> STATES =
            new Constants<>(TaskState.values(), TaskState::wireName, TaskState::number, "TASK_STATE_UNSPECIFIED");
    static final Constants<Role> ROLES =
            new Constants<>(Role.values(), Role::wireName, Role::number, "ROLE_UNSPECIFIED");

    private TaskForms() {}

    static Task readTask(FieldReader in) {
        return new Task(
                in.id(ID),
                in.text(CONTEXT_ID),
                in.requiredObject(STATUS, TaskForms::readStatus),
                in.objects(ARTIFACTS, TaskForms::readArtifact),
                in.objects(HISTORY, TaskForms::readMessage),
                in.struct(METADATA));
    }

    static void writeTask(Task task, FieldWriter out) {
        out.requiredText(ID, task.id());
        out.text(CONTEXT_ID, task.contextId());
        out.object(STATUS, task.status(), TaskForms::writeStatus);
        out.objects(ARTIFACTS, task.artifacts(), TaskForms::writeArtifact);
        out.objects(HISTORY, task.history(), TaskForms::writeMessage);
        out.struct(METADATA, task.metadata());
    }

    static TaskStatus readStatus(FieldReader in) {
        return new TaskStatus(
                in.requiredConstant(STATE, STATES),
                in.object(MESSAGE, TaskForms::readMessage),
                in.timestamp(TIMESTAMP));
    }

    static void writeStatus(TaskStatus status, FieldWriter out) {
        out.constant(STATE, status.state(), STATES);
        out.object(MESSAGE, status.message(), TaskForms::writeMessage);
        out.timestamp(TIMESTAMP, status.timestamp());
    }

    static Message readMessage(FieldReader in) {
        return new Message(
                in.id(MESSAGE_ID),
                in.text(CONTEXT_ID),
                in.text(TASK_ID),
                in.requiredConstant(ROLE, ROLES),
                in.requiredObjects(PARTS, TaskForms::readPart),
                in.struct(METADATA),
                in.texts(EXTENSIONS),
                in.texts(REFERENCE_TASK_IDS));
    }

    static void writeMessage(Message message, FieldWriter out) {
        out.requiredText(MESSAGE_ID, message.messageId());
        out.text(CONTEXT_ID, message.contextId());
        out.text(TASK_ID, message.taskId());
        out.constant(ROLE, message.role(), ROLES);
        out.requiredObjects(PARTS, message.parts(), TaskForms::writePart);
        out.struct(METADATA, message.metadata());
        out.texts(EXTENSIONS, message.extensions());
        out.texts(REFERENCE_TASK_IDS, message.referenceTaskIds());
    }

    static Part readPart(FieldReader in) {
        Name content = in.oneOf(TEXT, RAW, URL, DATA);
        var metadata = in.struct(METADATA);
        var filename = in.text(FILENAME);
        var mediaType = in.text(MEDIA_TYPE);
        return switch (content) {
            case TEXT -> new TextPart(in.requiredText(TEXT), metadata, filename, mediaType);
            case RAW -> new RawPart(in.requiredBytes(RAW), metadata, filename, mediaType);
            case URL -> new UrlPart(in.requiredText(URL), metadata, filename, mediaType);
            default -> new DataPart(in.value(DATA), metadata, filename, mediaType);
        };
    }

    static void writePart(Part part, FieldWriter out) {
        switch (part) {
            case TextPart text -> out.requiredText(TEXT, text.text());
            case RawPart raw -> out.requiredBytes(RAW, raw.raw());
            case UrlPart url -> out.requiredText(URL, url.url());
            case DataPart data -> out.value(DATA, data.data());
        }
        out.struct(METADATA, part.metadata());
        out.text(FILENAME, part.filename());
        out.text(MEDIA_TYPE, part.mediaType());
    }

    static Artifact readArtifact(FieldReader in) {
        return new Artifact(
                in.id(ARTIFACT_ID),
                in.text(NAME),
                in.text(DESCRIPTION),
                in.objects(PARTS, TaskForms::readPart),
                in.struct(METADATA),
                in.texts(EXTENSIONS));
    }

    static void writeArtifact(Artifact artifact, FieldWriter out) {
        out.requiredText(ARTIFACT_ID, artifact.artifactId());
        out.text(NAME, artifact.name());
        out.text(DESCRIPTION, artifact.description());
        out.requiredObjects(PARTS, artifact.parts(), TaskForms::writePart);
        out.struct(METADATA, artifact.metadata());
        out.texts(EXTENSIONS, artifact.extensions());
    }

    static TaskStatusUpdateEvent readStatusUpdate(FieldReader in) {
        return new TaskStatusUpdateEvent(
                in.id(TASK_ID),
                in.requiredText(CONTEXT_ID),
                in.requiredObject(STATUS, TaskForms::readStatus),
                in.struct(METADATA));
    }

    static void writeStatusUpdate(TaskStatusUpdateEvent event, FieldWriter out) {
        out.requiredText(TASK_ID, event.taskId());
        out.requiredText(CONTEXT_ID, event.contextId());
        out.object(STATUS, event.status(), TaskForms::writeStatus);
        out.struct(METADATA, event.metadata());
    }

    static TaskArtifactUpdateEvent readArtifactUpdate(FieldReader in) {
        return new TaskArtifactUpdateEvent(
                in.id(TASK_ID),
                in.requiredText(CONTEXT_ID),
                in.requiredObject(ARTIFACT, TaskForms::readArtifact),
                in.flag(APPEND),
                in.flag(LAST_CHUNK),
                in.struct(METADATA));
    }

    static void writeArtifactUpdate(TaskArtifactUpdateEvent event, FieldWriter out) {
        out.requiredText(TASK_ID, event.taskId());
        out.requiredText(CONTEXT_ID, event.contextId());
        out.object(ARTIFACT, event.artifact(), TaskForms::writeArtifact);
        out.flag(APPEND, event.append());
        out.flag(LAST_CHUNK, event.lastChunk());
        out.struct(METADATA, event.metadata());
    }

    static StreamResponse readStreamResponse(FieldReader in) {
        return switch (in.oneOf(TASK, MESSAGE, STATUS_UPDATE, ARTIFACT_UPDATE)) {
            case TASK -> in.requiredObject(TASK, TaskForms::readTask);
            case MESSAGE -> in.requiredObject(MESSAGE, TaskForms::readMessage);
            case STATUS_UPDATE -> in.requiredObject(STATUS_UPDATE, TaskForms::readStatusUpdate);
            default -> in.requiredObject(ARTIFACT_UPDATE, TaskForms::readArtifactUpdate);
        };
    }

    static void writeStreamResponse(StreamResponse response, FieldWriter out) {
        switch (response) {
            case Task task -> out.object(TASK, task, TaskForms::writeTask);
            case Message message -> out.object(MESSAGE, message, TaskForms::writeMessage);
            case TaskStatusUpdateEvent event -> out.object(STATUS_UPDATE, event, TaskForms::writeStatusUpdate);
            case TaskArtifactUpdateEvent event -> out.object(ARTIFACT_UPDATE, event, TaskForms::writeArtifactUpdate);
        }
    }

    static SendMessageResponse readSendMessageResponse(FieldReader in) {
        return switch (in.oneOf(TASK, MESSAGE)) {
            case TASK -> in.requiredObject(TASK, TaskForms::readTask);
            default -> in.requiredObject(MESSAGE, TaskForms::readMessage);
        };
    }

    static void writeSendMessageResponse(SendMessageResponse response, FieldWriter out) {
        switch (response) {
            case Task task -> out.object(TASK, task, TaskForms::writeTask);
            case Message message -> out.object(MESSAGE, message, TaskForms::writeMessage);
        }
    }
}
