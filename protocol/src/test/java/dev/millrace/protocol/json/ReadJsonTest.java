package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.operation.ListTasksResponse;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ProtoJSON makes a parser accept, and what peers are known to send. */
class ReadJsonTest {

    private static <T> T read(JsonForm<T> form, String json) {
        return form.read(json.getBytes(UTF_8));
    }

    @Test
    void null_counts_as_absent() {
        var message = read(A2aJson.MESSAGE, """
                {"messageId":"m","contextId":null,"taskId":null,"role":"ROLE_USER","parts":[
                 {"text":"hi","metadata":null,"filename":null,"raw":null,"url":null}],
                 "metadata":null,"extensions":null,"referenceTaskIds":null}""");

        assertThat(message).isEqualTo(Message.user("m", "hi"));
    }

    @Test
    void null_is_a_value_in_data() {
        assertThat(read(A2aJson.PART, "{\"data\":null}"))
                .isInstanceOfSatisfying(
                        DataPart.class, part -> assertThat(part.data().isNull()).isTrue());
    }

    @Test
    void an_empty_optional_string_counts_as_absent() {
        var message = read(A2aJson.MESSAGE, """
                {"messageId":"m","contextId":"","taskId":"","role":"ROLE_USER",
                 "parts":[{"text":"hi","filename":"","mediaType":""}]}""");

        assertThat(message).isEqualTo(Message.user("m", "hi"));
    }

    @Test
    void an_empty_text_is_still_a_text() {
        assertThat(read(A2aJson.PART, "{\"text\":\"\"}")).isEqualTo(Part.text(""));
    }

    @Test
    void unspecified_counts_as_absent() {
        assertThat(read(A2aJson.LIST_TASKS_REQUEST, "{\"status\":\"TASK_STATE_UNSPECIFIED\"}")
                        .status())
                .isNull();
        assertThat(read(A2aJson.LIST_TASKS_REQUEST, "{\"status\":0}").status()).isNull();
    }

    @Test
    void enums_are_read_by_name_and_by_number() {
        for (TaskState state : TaskState.values()) {
            assertThat(read(A2aJson.TASK_STATUS, "{\"state\":\"" + state.wireName() + "\"}")
                            .state())
                    .isEqualTo(state);
            assertThat(read(A2aJson.TASK_STATUS, "{\"state\":" + state.number() + "}")
                            .state())
                    .isEqualTo(state);
        }
        for (Role role : Role.values()) {
            assertThat(read(A2aJson.MESSAGE, "{\"messageId\":\"m\",\"parts\":[],\"role\":" + role.number() + "}")
                            .role())
                    .isEqualTo(role);
        }
    }

    @Test
    void proto_names_are_read_at_every_depth() {
        assertThat(read(A2aJson.SEND_MESSAGE_REQUEST, """
                        {"message":{"message_id":"m","context_id":"c","role":"ROLE_USER",
                          "parts":[{"text":"x","media_type":"text/plain"}],"reference_task_ids":["t"]},
                         "configuration":{"return_immediately":true,"history_length":3}}""")).isEqualTo(read(A2aJson.SEND_MESSAGE_REQUEST, """
                        {"message":{"messageId":"m","contextId":"c","role":"ROLE_USER",
                          "parts":[{"text":"x","mediaType":"text/plain"}],"referenceTaskIds":["t"]},
                         "configuration":{"returnImmediately":true,"historyLength":3}}"""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "7.0", "7e0", "70E-1", "\"7\"", "\"7.0\"", "0.7e1"})
    void an_integer_is_read_however_it_is_spelled(String spelling) {
        assertThat(read(A2aJson.GET_TASK_REQUEST, "{\"id\":\"t\",\"historyLength\":" + spelling + "}")
                        .historyLength())
                .isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({
        "2025-10-28T10:30:00Z,             2025-10-28T10:30:00Z",
        "2025-10-28T10:30:00.123Z,         2025-10-28T10:30:00.123Z",
        "2025-10-28T10:30:00.5+02:00,      2025-10-28T08:30:00.500Z",
        "2025-10-28T10:30:00.123456789-05:30, 2025-10-28T16:00:00.123456789Z",
        "2025-10-28t10:30:00z,             2025-10-28T10:30:00Z",
        "2024-02-29T00:00:00-00:00,        2024-02-29T00:00:00Z",
        "0001-01-01T00:00:00Z,             0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z,   9999-12-31T23:59:59.999999999Z"
    })
    void a_time_is_read_with_any_offset(String text, Instant time) {
        assertThat(read(A2aJson.LIST_TASKS_REQUEST, "{\"statusTimestampAfter\":\"" + text + "\"}")
                        .statusTimestampAfter())
                .isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(strings = {"+/8=", "-_8=", "+/8", "-_8", "+_8"})
    void base64_is_read_in_either_alphabet_padded_or_not(String base64) {
        assertThat(read(A2aJson.PART, "{\"raw\":\"" + base64 + "\"}"))
                .isInstanceOfSatisfying(
                        RawPart.class, part -> assertThat(part.raw()).containsExactly(0xfb, 0xff));
    }

    @Test
    void defaults_that_a_protobuf_printer_leaves_out_are_read() {
        assertThat(read(A2aJson.LIST_TASKS_RESPONSE, "{}")).isEqualTo(new ListTasksResponse(List.of(), "", 0, 0));
        assertThat(read(A2aJson.ARTIFACT, "{\"artifactId\":\"a\"}").parts()).isEmpty();
        var card = read(
                A2aJson.AGENT_CARD, "{\"name\":\"n\",\"description\":\"d\",\"version\":\"1\",\"capabilities\":{}}");
        assertThat(card.skills()).isEmpty();
        assertThat(card.supportedInterfaces()).isEmpty();
    }

    @Test
    void half_of_a_surrogate_pair_becomes_the_replacement_character() {
        assertThat(read(A2aJson.PART, "{\"text\":\"a\\ud83d \\ud83d\\ude00\"}"))
                .isEqualTo(Part.text("a\uFFFD \uD83D\uDE00"));
    }

    @Test
    void numbers_in_values_keep_what_they_are() {
        String value = "[0,-1,9007199254740993,123456789012345678901234567890,1.5,1.0E300]";

        assertThat(A2aJson.PART.writeText(read(A2aJson.PART, "{\"data\":" + value + "}")))
                .isEqualTo("{\"data\":" + value + "}");
    }

    @Test
    void other_encodings_of_unicode_are_no_trap() {
        assertThat(A2aJson.PART.read("\uFEFF{\"text\":\"é\"}".getBytes(UTF_8))).isEqualTo(Part.text("é"));
    }
}
