package dev.millrace.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/** Nothing is lost between records and protocol buffers, and the bytes are those of A2A's definition. */
class ProtoTest {
    private static final ObjectNode METADATA = (ObjectNode)
            JsonText.parse("{\"a\":[1,2.5,-3,true,null,\"x\",{}],\"big\":9007199254740991,\"deep\":{\"er\":{}}}"
                    .getBytes(StandardCharsets.UTF_8));
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678Z");

    private static final Message MESSAGE = new Message(
            "m1",
            "c1",
            "t1",
            Role.USER,
            List.of(
                    new TextPart("héllo ☃", METADATA, "a.txt", "text/plain"),
                    Part.raw(new byte[] {0, -1, 127}, "application/octet-stream"),
                    Part.url("https://a.example/x"),
                    Part.data(METADATA),
                    Part.data(JsonText.parse("null".getBytes(StandardCharsets.UTF_8)))),
            METADATA,
            List.of("https://e.example/1"),
            List.of("t0"));
    private static final Artifact ARTIFACT =
            new Artifact("a1", "name", "what it is", List.of(Part.text("x")), METADATA, List.of("https://e.example/2"));
    private static final Task TASK = new Task(
            "t1",
            "c1",
            new TaskStatus(TaskState.INPUT_REQUIRED, MESSAGE, AT),
            List.of(ARTIFACT),
            List.of(MESSAGE),
            METADATA);

    static Stream<StreamResponse> events() {
        return Stream.of(
                TASK,
                MESSAGE,
                new TaskStatusUpdateEvent("t1", "c1", TaskStatus.of(TaskState.FAILED, AT), METADATA),
                new TaskArtifactUpdateEvent("t1", "c1", ARTIFACT, true, true, METADATA),
                TaskArtifactUpdateEvent.chunk("t1", "c1", Artifact.text("a1", ""), false));
    }

    @ParameterizedTest
    @MethodSource("events")
    void an_event_comes_back_as_it_was(StreamResponse event) throws Exception {
        byte[] wire = ToProto.streamResponse(event).toByteArray();
        assertThat(FromProto.streamResponse(com.google.lf.a2a.v1.StreamResponse.parseFrom(wire)))
                .isEqualTo(event);
    }

    @ParameterizedTest
    @EnumSource
    void every_state_has_the_definitions_number_and_name(TaskState state) {
        var proto = ToProto.task(Task.of("t", "c", TaskStatus.of(state, AT)));
        assertThat(proto.getStatus().getState().name()).isEqualTo(state.wireName());
    }

    @Test
    void requests_come_back_as_they_were() {
        var config = new TaskPushNotificationConfig(
                "n", "p1", "t1", "https://a.example/", "secret", new AuthenticationInfo("Bearer", "abc"));
        var send = new SendMessageRequest(
                "n", MESSAGE, new SendMessageConfiguration(List.of("text/plain"), config, 0, true), METADATA);
        assertThat(FromProto.sendMessage(ToProto.sendMessage(send))).isEqualTo(send);
        var get = new GetTaskRequest("n", "t1", 0);
        assertThat(FromProto.getTask(ToProto.getTask(get))).isEqualTo(get);
        var list = new ListTasksRequest("n", "c1", TaskState.WORKING, 5, "next", 1, AT, true);
        assertThat(FromProto.listTasks(ToProto.listTasks(list))).isEqualTo(list);
        assertThat(FromProto.listTasks(ToProto.listTasks(ListTasksRequest.all())))
                .isEqualTo(ListTasksRequest.all());
        var cancel = new CancelTaskRequest("n", "t1", METADATA);
        assertThat(FromProto.cancelTask(ToProto.cancelTask(cancel))).isEqualTo(cancel);
        var subscribe = new SubscribeToTaskRequest("n", "t1");
        assertThat(FromProto.subscribe(ToProto.subscribe(subscribe))).isEqualTo(subscribe);
        assertThat(FromProto.pushConfig(ToProto.pushConfig(config))).isEqualTo(config);
    }

    @Test
    void what_a_request_must_say_is_named_as_the_json_bindings_name_it() {
        var empty = com.google.lf.a2a.v1.SendMessageRequest.getDefaultInstance();
        assertThatExceptionOfType(InvalidField.class)
                .isThrownBy(() -> FromProto.sendMessage(empty))
                .satisfies(e -> assertThat(e.path()).isEqualTo("message"));
        var noParts = ToProto.sendMessage(SendMessageRequest.of(Message.user("m", "x"))).toBuilder();
        noParts.getMessageBuilder().clearParts();
        assertThatExceptionOfType(InvalidField.class)
                .isThrownBy(() -> FromProto.sendMessage(noParts.build()))
                .satisfies(e -> assertThat(e.path()).isEqualTo("message.parts"));
        assertThatExceptionOfType(InvalidField.class)
                .isThrownBy(() -> A2aJson.SEND_MESSAGE_REQUEST.read("{}".getBytes(StandardCharsets.UTF_8)))
                .satisfies(e -> assertThat(e.path()).isEqualTo("message"));
    }

    @Test
    void a_number_that_json_has_not_and_a_tree_without_end_are_refused() {
        var nan = com.google.protobuf.Struct.newBuilder()
                .putFields(
                        "x",
                        com.google.protobuf.Value.newBuilder()
                                .setNumberValue(Double.NaN)
                                .build())
                .build();
        assertThatExceptionOfType(InvalidField.class).isThrownBy(() -> Structs.object(nan, "metadata"));
        var deep = com.google.protobuf.Value.newBuilder().setBoolValue(true).build();
        for (int i = 0; i < 200; i++) {
            deep = com.google.protobuf.Value.newBuilder()
                    .setListValue(com.google.protobuf.ListValue.newBuilder().addValues(deep))
                    .build();
        }
        var value = deep;
        assertThatExceptionOfType(InvalidField.class).isThrownBy(() -> Structs.json(value, "data"));
    }
}
