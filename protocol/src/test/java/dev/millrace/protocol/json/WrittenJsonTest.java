package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.HttpAuthSecurityScheme;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class WrittenJsonTest {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Instant HALF_PAST_TEN = Instant.parse("2025-10-28T10:30:00Z");

    @Test
    void a_text_chunk_carries_only_what_is_set() {
        var chunk = TaskArtifactUpdateEvent.chunk("t-1", "c-1", Artifact.text("answer", "hello "), true);

        assertThat(A2aJson.STREAM_RESPONSE.writeText(chunk)).isEqualTo("""
                        {"artifactUpdate":{"taskId":"t-1","contextId":"c-1","artifact":\
                        {"artifactId":"answer","parts":[{"text":"hello "}]},"append":true}}""");
    }

    @Test
    void a_stream_response_says_by_its_only_field_what_it_is() {
        var status = TaskStatus.of(TaskState.WORKING, HALF_PAST_TEN);

        assertThat(A2aJson.STREAM_RESPONSE.writeText(Task.of("t", "c", status))).startsWith("{\"task\":{");
        assertThat(A2aJson.STREAM_RESPONSE.writeText(Message.user("m", "hi"))).startsWith("{\"message\":{");
        assertThat(A2aJson.STREAM_RESPONSE.writeText(TaskStatusUpdateEvent.of("t", "c", status)))
                .isEqualTo("""
                        {"statusUpdate":{"taskId":"t","contextId":"c","status":\
                        {"state":"TASK_STATE_WORKING","timestamp":"2025-10-28T10:30:00.000Z"}}}""");
    }

    @Test
    void a_bare_task_is_not_wrapped() {
        var task = Task.of("t", null, TaskStatus.of(TaskState.SUBMITTED, HALF_PAST_TEN));

        assertThat(A2aJson.TASK.writeText(task)).isEqualTo("""
                        {"id":"t","status":\
                        {"state":"TASK_STATE_SUBMITTED","timestamp":"2025-10-28T10:30:00.000Z"}}""");
    }

    @Test
    void each_kind_of_part_has_its_field() {
        assertThat(A2aJson.PART.writeText(Part.text(""))).isEqualTo("{\"text\":\"\"}");
        assertThat(A2aJson.PART.writeText(Part.raw(new byte[] {1, (byte) 0xff, 3, 4}, "image/png")))
                .isEqualTo("{\"raw\":\"Af8DBA==\",\"mediaType\":\"image/png\"}");
        assertThat(A2aJson.PART.writeText(Part.url("https://example.org/a")))
                .isEqualTo("{\"url\":\"https://example.org/a\"}");
        assertThat(A2aJson.PART.writeText(Part.data(JSON.nullNode()))).isEqualTo("{\"data\":null}");
        assertThat(A2aJson.PART.writeText(Part.data(JSON.numberNode(1.5)))).isEqualTo("{\"data\":1.5}");
    }

    @Test
    void bytes_of_any_size_are_one_line_of_base64() {
        byte[] many = new byte[100_000];

        assertThat(A2aJson.PART.writeText(Part.raw(many, "x/y")))
                .isEqualTo("{\"raw\":\"" + Base64.getEncoder().encodeToString(many) + "\",\"mediaType\":\"x/y\"}");
    }

    @Test
    void a_request_leaves_defaults_out() {
        var request = new SendMessageRequest(
                "", Message.user("m", "hi"), new SendMessageConfiguration(List.of(), null, 0, false), null);

        assertThat(A2aJson.SEND_MESSAGE_REQUEST.writeText(request)).isEqualTo("""
                        {"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]},\
                        "configuration":{"historyLength":0}}""");
        assertThat(A2aJson.LIST_TASKS_REQUEST.writeText(ListTasksRequest.all())).isEqualTo("{}");
    }

    @Test
    void required_fields_are_written_even_when_empty() {
        assertThat(A2aJson.LIST_TASKS_RESPONSE.writeText(new ListTasksResponse(List.of(), "", 50, 0)))
                .isEqualTo("{\"tasks\":[],\"nextPageToken\":\"\",\"pageSize\":50,\"totalSize\":0}");
        assertThat(A2aJson.ARTIFACT.writeText(Artifact.of("a"))).isEqualTo("{\"artifactId\":\"a\",\"parts\":[]}");
    }

    @Test
    void a_card_reads_like_the_specifications_example() {
        var card = AgentCard.named("Echo")
                .description("Says it again.")
                .version("2.1")
                .reachableAt(AgentInterface.jsonRpc("https://example.org/a2a"))
                .capabilities(AgentCapabilities.streamingOnly())
                .securityScheme("token", new HttpAuthSecurityScheme(null, "Bearer", null))
                .require(SecurityRequirement.of("token", "chat"))
                .skill(AgentSkill.of("echo", "Echo", "Says it again.", "demo"))
                .build();

        assertThat(A2aJson.AGENT_CARD.writeText(card)).isEqualTo("""
                        {"name":"Echo","description":"Says it again.",\
                        "supportedInterfaces":[{"url":"https://example.org/a2a","protocolBinding":"JSONRPC",\
                        "protocolVersion":"1.0"}],"version":"2.1",\
                        "capabilities":{"streaming":true,"pushNotifications":false},\
                        "securitySchemes":{"token":{"httpAuthSecurityScheme":{"scheme":"Bearer"}}},\
                        "securityRequirements":[{"schemes":{"token":{"list":["chat"]}}}],\
                        "defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],\
                        "skills":[{"id":"echo","name":"Echo","description":"Says it again.","tags":["demo"]}]}""");
    }

    @Test
    void a_time_has_milliseconds_and_more_digits_only_where_there_is_more_to_say() {
        assertThat(after(HALF_PAST_TEN.plusMillis(7)))
                .isEqualTo("{\"statusTimestampAfter\":\"2025-10-28T10:30:00.007Z\"}");
        assertThat(after(HALF_PAST_TEN.plusNanos(1)))
                .isEqualTo("{\"statusTimestampAfter\":\"2025-10-28T10:30:00.000000001Z\"}");
    }

    private static String after(Instant time) {
        return A2aJson.LIST_TASKS_REQUEST.writeText(
                new ListTasksRequest(null, null, null, null, null, null, time, false));
    }

    @Test
    void half_of_a_surrogate_pair_becomes_the_replacement_character() {
        ObjectNode metadata = JSON.objectNode().put("k\uD83D", "v\uDE00");
        var message = Message.user("m", "a\uD83Db \uD83D\uDE00").withMetadata(metadata);

        assertThat(A2aJson.MESSAGE.writeText(message))
                .contains("\"text\":\"a\uFFFDb \uD83D\uDE00\"")
                .contains("{\"k\uFFFD\":\"v\uFFFD\"}");
    }

    @Test
    void text_longer_than_every_buffer_is_whole() {
        String text = "\"é\uD83D\uDE00\n".repeat(50_000);

        assertThat(A2aJson.PART.read(A2aJson.PART.write(Part.text(text)))).isEqualTo(Part.text(text));
    }

    @Test
    void what_json_cannot_hold_is_refused() {
        assertRefused(JSON.numberNode(Double.NaN), "NaN");
        assertRefused(JSON.numberNode(Float.POSITIVE_INFINITY), "Infinity");
        assertRefused(JSON.pojoNode(new Object()), "Java object");
        assertRefused(nested(JsonText.MAX_VALUE_DEPTH + 1), "nest");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> A2aJson.TASK_STATUS.write(TaskStatus.of(TaskState.WORKING, Instant.MAX)))
                .withMessageContaining("years 1 to 9999");
    }

    private static void assertRefused(JsonNode value, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> A2aJson.PART.write(Part.data(value)))
                .withMessageContaining(why);
    }

    @Test
    void the_deepest_value_that_can_be_read_can_be_written_in_the_deepest_place() {
        Message message = Message.of("m", Role.USER, Part.data(nested(JsonText.MAX_VALUE_DEPTH)));
        var task = Task.of("t", "c", TaskStatus.of(TaskState.WORKING, HALF_PAST_TEN))
                .withHistory(List.of(A2aJson.MESSAGE.read(A2aJson.MESSAGE.write(message))));
        var page = new ListTasksResponse(List.of(task), "", 50, 1);

        byte[] enveloped = ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + A2aJson.LIST_TASKS_RESPONSE.writeText(page)
                        + "}")
                .getBytes(UTF_8);

        assertThat(A2aJson.LIST_TASKS_RESPONSE.read(JsonText.parse(enveloped).get("result")))
                .isEqualTo(page);
    }

    private static JsonNode nested(int depth) {
        JsonNode value = JSON.arrayNode();
        for (int i = 1; i < depth; i++) {
            value = JSON.arrayNode().add(value);
        }
        return value;
    }
}
