package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.JsonNodeFactory;

class InvalidFieldTest {
    private static final String STATES =
            "TASK_STATE_SUBMITTED, TASK_STATE_WORKING, TASK_STATE_COMPLETED, TASK_STATE_FAILED, TASK_STATE_CANCELED,"
                    + " TASK_STATE_INPUT_REQUIRED, TASK_STATE_REJECTED, TASK_STATE_AUTH_REQUIRED";
    private static final String TIME = "must be a time such as 2025-10-28T10:30:00.000Z (RFC 3339, years 1 to 9999)";

    private static String send(String fields) {
        return "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\"," + fields + "}}";
    }

    private static String part(String fields) {
        return send("\"parts\":[{\"text\":\"ok\"},{" + fields + "}]");
    }

    private static String listing(String fields) {
        return "{" + fields + "}";
    }

    static List<Arguments> wrong() {
        var send = A2aJson.SEND_MESSAGE_REQUEST;
        var list = A2aJson.LIST_TASKS_REQUEST;
        var stream = A2aJson.STREAM_RESPONSE;
        var card = A2aJson.AGENT_CARD;
        return List.of(
                // the whole value
                arguments(send, "[]", "", "must be an object, not an array"),
                arguments(send, "null", "", "must be an object, not null"),
                arguments(send, "7", "", "must be an object, not a number"),
                // required
                arguments(send, "{}", "message", "is required"),
                arguments(send, "{\"message\":null}", "message", "is required"),
                arguments(send, "{\"message\":{}}", "message.messageId", "is required"),
                arguments(
                        send,
                        "{\"message\":{\"messageId\":\"\",\"role\":1,\"parts\":[]}}",
                        "message.messageId",
                        "must not be empty"),
                arguments(
                        send,
                        "{\"message\":{\"messageId\":\"m\",\"parts\":[]}}",
                        "message.role",
                        "is required: one of ROLE_USER, ROLE_AGENT"),
                arguments(
                        send,
                        "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_UNSPECIFIED\",\"parts\":[]}}",
                        "message.role",
                        "is required: one of ROLE_USER, ROLE_AGENT"),
                arguments(send, send("\"metadata\":{}"), "message.parts", "is required"),
                arguments(send, send("\"parts\":[]"), "message.parts", "must have at least one part"),
                arguments(A2aJson.GET_TASK_REQUEST, "{}", "id", "is required"),
                arguments(A2aJson.GET_TASK_REQUEST, "{\"id\":\"\"}", "id", "must not be empty"),
                arguments(
                        stream,
                        "{\"statusUpdate\":{\"taskId\":\"t\",\"contextId\":\"c\",\"status\":{}}}",
                        "statusUpdate.status.state",
                        "is required: one of " + STATES),
                arguments(
                        stream,
                        "{\"artifactUpdate\":{\"taskId\":\"t\",\"contextId\":\"c\",\"artifact\":{}}}",
                        "artifactUpdate.artifact.artifactId",
                        "is required"),
                // one-ofs
                arguments(
                        send,
                        send("\"parts\":[{}]"),
                        "message.parts[0]",
                        "exactly one of text, raw, url, data must be set"),
                arguments(
                        send,
                        part("\"text\":\"a\",\"url\":\"b\""),
                        "message.parts[1]",
                        "exactly one of text, raw, url, data must be set"),
                arguments(
                        send,
                        part("\"text\":\"a\",\"data\":null"),
                        "message.parts[1]",
                        "exactly one of text, raw, url, data must be set"),
                arguments(stream, "{}", "", "exactly one of task, message, statusUpdate, artifactUpdate must be set"),
                arguments(
                        stream,
                        "{\"task\":{},\"status_update\":{}}",
                        "",
                        "exactly one of task, message, statusUpdate, artifactUpdate must be set"),
                arguments(
                        A2aJson.OAUTH_FLOWS,
                        "{}",
                        "",
                        "exactly one of authorizationCode, clientCredentials, implicit, password, deviceCode must be set"),
                // types
                arguments(send, "{\"message\":[]}", "message", "must be an object, not an array"),
                arguments(send, send("\"parts\":{}"), "message.parts", "must be an array, not an object"),
                arguments(send, send("\"parts\":[null]"), "message.parts[0]", "must be an object, not null"),
                arguments(send, part("\"text\":7"), "message.parts[1].text", "must be a string, not a number"),
                arguments(
                        send,
                        part("\"raw\":true"),
                        "message.parts[1].raw",
                        "must be a string of base64, not true or false"),
                arguments(
                        send,
                        part("\"url\":\"u\",\"metadata\":[]"),
                        "message.parts[1].metadata",
                        "must be an object, not an array"),
                arguments(
                        send,
                        send("\"parts\":[{\"text\":\"\"}],\"extensions\":[\"a\",1]"),
                        "message.extensions[1]",
                        "must be a string, not a number"),
                arguments(
                        send,
                        send("\"parts\":[{\"text\":\"\"}],\"extensions\":[null]"),
                        "message.extensions[0]",
                        "must be a string, not null"),
                arguments(
                        list,
                        listing("\"includeArtifacts\":\"true\""),
                        "includeArtifacts",
                        "must be true or false, not a string"),
                // numbers
                arguments(list, listing("\"pageSize\":1.5"), "pageSize", "must be a whole number of 32 bits"),
                arguments(list, listing("\"pageSize\":2147483648"), "pageSize", "must be a whole number of 32 bits"),
                arguments(list, listing("\"pageSize\":1e999"), "pageSize", "must be a whole number of 32 bits"),
                arguments(list, listing("\"pageSize\":\"x\""), "pageSize", "must be a whole number of 32 bits"),
                arguments(
                        list,
                        listing("\"pageSize\":\"1e-999999999\""),
                        "pageSize",
                        "must be a whole number of 32 bits"),
                arguments(
                        list,
                        listing("\"pageSize\":\"" + "0".repeat(50) + "\""),
                        "pageSize",
                        "must be a whole number of 32 bits, not a string"),
                arguments(
                        list,
                        listing("\"pageSize\":[]"),
                        "pageSize",
                        "must be a whole number of 32 bits, not an array"),
                // enums
                arguments(list, listing("\"status\":\"WORKING\""), "status", "must be one of " + STATES),
                arguments(list, listing("\"status\":\"task_state_working\""), "status", "must be one of " + STATES),
                arguments(list, listing("\"status\":9"), "status", "must be one of " + STATES),
                arguments(list, listing("\"status\":-1"), "status", "must be one of " + STATES),
                arguments(list, listing("\"status\":[]"), "status", "must be one of " + STATES),
                // times
                arguments(list, listing("\"statusTimestampAfter\":\"yesterday\""), "statusTimestampAfter", TIME),
                arguments(
                        list,
                        listing("\"statusTimestampAfter\":\"2025-10-28T10:30:00\""),
                        "statusTimestampAfter",
                        TIME),
                arguments(
                        list,
                        listing("\"statusTimestampAfter\":\"2025-02-30T10:30:00Z\""),
                        "statusTimestampAfter",
                        TIME),
                arguments(
                        list, listing("\"statusTimestampAfter\":\"2025-10-28T10:30Z\""), "statusTimestampAfter", TIME),
                arguments(
                        list,
                        listing("\"statusTimestampAfter\":\"9999-12-31T23:59:59-01:00\""),
                        "statusTimestampAfter",
                        TIME),
                arguments(
                        list,
                        listing("\"statusTimestampAfter\":\"0000-12-31T23:59:59Z\""),
                        "statusTimestampAfter",
                        TIME),
                arguments(
                        list,
                        listing("\"statusTimestampAfter\":1761647400"),
                        "statusTimestampAfter",
                        "must be a string, not a number"),
                // both names
                arguments(
                        list,
                        listing("\"pageSize\":1,\"page_size\":1"),
                        "pageSize",
                        "is given twice, as pageSize and as page_size"),
                // values
                arguments(
                        send,
                        part("\"data\":[{\"x\":1e400}]"),
                        "message.parts[1].data",
                        "has a number beyond the range of a double"),
                arguments(
                        send,
                        part("\"data\":" + "[".repeat(101) + "]".repeat(101)),
                        "message.parts[1].data",
                        "nests deeper than 100 levels"),
                // maps
                arguments(card, """
                        {"name":"n","description":"d","version":"1","capabilities":{},
                         "securitySchemes":{"key":{"apiKeySecurityScheme":{"location":"header"}}}}""", "securitySchemes[\"key\"].apiKeySecurityScheme.name", "is required"),
                arguments(card, """
                        {"name":"n","description":"d","version":"1","capabilities":{},"securitySchemes":{"key":null}}""", "securitySchemes[\"key\"]", "must be an object, not null"),
                arguments(
                        card,
                        """
                        {"name":"n","description":"d","version":"1","capabilities":{},
                         "skills":[{"id":"s","name":"s","description":"d","securityRequirements":
                           [{"schemes":{"oauth":{"list":["a",2]}}}]}]}""",
                        "skills[0].securityRequirements[0].schemes[\"oauth\"].list[1]",
                        "must be a string, not a number"),
                arguments(
                        A2aJson.OAUTH_FLOWS,
                        "{\"implicit\":{\"scopes\":[]}}",
                        "implicit.scopes",
                        "must be an object, not an array"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void the_error_names_the_path_and_the_problem(JsonForm<?> form, String json, String path, String problem) {
        InvalidField error = catchThrowableOfType(InvalidField.class, () -> form.read(json.getBytes(UTF_8)));

        assertThat(error).as("error for %s", json).isNotNull();
        assertThat(error.path()).isEqualTo(path);
        assertThat(error.problem()).isEqualTo(problem);
        assertThat(error).hasMessage(path.isEmpty() ? "the value " + problem : path + ": " + problem);
    }

    @ParameterizedTest
    @MethodSource("badBase64")
    void bad_base64_is_refused(String base64) {
        InvalidField error = catchThrowableOfType(
                InvalidField.class, () -> A2aJson.PART.read(("{\"raw\":\"" + base64 + "\"}").getBytes(UTF_8)));

        assertThat(error.path()).isEqualTo("raw");
        assertThat(error.problem()).startsWith("must be base64");
    }

    static List<String> badBase64() {
        return List.of("A", "AAA=A", "AA A", "AA\u00e9A", "A===", "\u0100AAA");
    }

    @Test
    void a_key_with_half_of_a_surrogate_pair_is_refused() {
        var tree = JsonNodeFactory.instance.objectNode();
        tree.putObject("data").put("\uD800", 1);

        InvalidField error = catchThrowableOfType(InvalidField.class, () -> A2aJson.PART.read(tree));

        assertThat(error).hasMessage("data: has a key with half of a surrogate pair");
    }

    @Test
    void the_path_begins_where_the_value_stands_in_a_larger_one() {
        var tree = JsonText.parse("{\"parts\":[{}]}".getBytes(UTF_8));

        InvalidField error =
                catchThrowableOfType(InvalidField.class, () -> A2aJson.MESSAGE.read(tree, "params.message"));

        assertThat(error).hasMessage("params.message.messageId: is required");
    }
}
