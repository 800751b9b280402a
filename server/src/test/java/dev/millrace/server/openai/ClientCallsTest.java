package dev.millrace.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.server.Millrace;
import dev.millrace.testkit.ModelServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of the client's tools at OpenAI's doors: their arguments come as the model says them. */
@Timeout(60)
class ClientCallsTest {
    private static final String TOOLS =
            "'tools':[{'type':'function','function':{'name':'now','parameters':{'type':'object'}}},"
                    + "{'type':'function','function':{'name':'here','parameters':{'type':'object'}}}]";
    private static final String FLAT_TOOLS = "'tools':[{'type':'function','name':'now','parameters':{'type':'object'}},"
            + "{'type':'function','name':'here','parameters':{'type':'object'}}]";

    @TempDir
    Path folder;

    private final ModelServer model = new ModelServer();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Millrace millrace;

    @BeforeEach
    void start() throws Exception {
        millrace = Millrace.with("caller", new ModelAgent(ModelConfig.of(model.baseUrl(), null, "m")))
                .data(folder)
                .start();
    }

    @AfterEach
    void stop() {
        millrace.close();
        model.close();
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(millrace.uri().resolve(path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    private JsonNode call(String method, String path, String body) throws Exception {
        return JsonMapper.shared()
                .readTree(http.send(request(method, path, body), BodyHandlers.ofByteArray())
                        .body());
    }

    private static List<JsonNode> events(String body) {
        return body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> JsonMapper.shared().readTree(line.substring(6)))
                .toList();
    }

    private List<JsonNode> after(String id, long number) throws Exception {
        return events(http.send(
                        request("GET", "/v1/responses/" + id + "?stream=true&starting_after=" + number, ""),
                        BodyHandlers.ofString())
                .body());
    }

    private static String completion(boolean stream) {
        return "{'model':'caller','stream':" + stream + ",'messages':[{'role':'user','content':'When and where?'}],"
                + TOOLS + "}";
    }

    /** A piece of the arguments of a call. */
    private static String more(int index, String arguments) {
        return "{\"tool_calls\":[{\"index\":" + index + ",\"function\":{\"arguments\":"
                + JsonMapper.shared().writeValueAsString(arguments) + "}}]}";
    }

    private static void twoCalls(ModelServer.Call call) throws Exception {
        call.stream().words("I look. ");
        call.tool(0, "c1", "now", "").chunk(more(0, "{\"zone\": "), null).chunk(more(0, "\"UTC\" }"), null);
        call.tool(1, "c2", "here", "").chunk(more(1, "{\"exact\":"), null).chunk(more(1, "true}"), null);
        call.calls();
    }

    @Test
    void a_piece_of_the_arguments_is_there_before_the_model_has_said_the_rest() throws Exception {
        var seen = new CountDownLatch(1);
        model.then(call -> {
            call.stream().tool(0, "c1", "now", "").chunk(more(0, "{\"zone\": "), null);
            seen.await();
            call.chunk(more(0, "\"UTC\" }"), null);
            call.calls();
        });
        var response =
                http.send(request("POST", "/v1/chat/completions", completion(true)), BodyHandlers.ofInputStream());
        var arguments = new StringBuilder();
        JsonNode first = null;
        String finish = "";
        try (var in = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.startsWith("data: {")) {
                    continue;
                }
                JsonNode choice =
                        JsonMapper.shared().readTree(line.substring(6)).at("/choices/0");
                JsonNode piece = choice.at("/delta/tool_calls/0");
                if (piece.isObject()) {
                    first = first == null ? piece : first;
                    arguments.append(piece.at("/function/arguments").asString());
                    seen.countDown(); // else the model never goes on
                }
                finish = choice.path("finish_reason").asString(finish);
            }
        }
        assertThat(first.path("id").asString()).isEqualTo("c1");
        assertThat(first.at("/function/name").asString()).isEqualTo("now");
        assertThat(arguments).hasToString("{\"zone\": \"UTC\" }");
        assertThat(finish).isEqualTo("tool_calls");
    }

    @Test
    void calls_that_are_made_at_once_keep_their_places() throws Exception {
        model.then(ClientCallsTest::twoCalls).then(ClientCallsTest::twoCalls);
        List<JsonNode> chunks =
                events(http.send(request("POST", "/v1/chat/completions", completion(true)), BodyHandlers.ofString())
                        .body());
        for (int i = 0; i < 2; i++) {
            int index = i;
            assertThat(chunks.stream()
                            .map(chunk -> chunk.at("/choices/0/delta/tool_calls/0"))
                            .filter(piece -> piece.path("index").asInt(-1) == index)
                            .map(piece -> piece.at("/function/arguments").asString())
                            .collect(Collectors.joining()))
                    .isEqualTo(i == 0 ? "{\"zone\": \"UTC\" }" : "{\"exact\":true}");
        }
        JsonNode whole = call("POST", "/v1/chat/completions", completion(false)).at("/choices/0/message");
        assertThat(whole.path("content").asString()).isEqualTo("I look. ");
        assertThat(whole.at("/tool_calls/0/function/arguments").asString()).isEqualTo("{\"zone\": \"UTC\" }");
        assertThat(whole.at("/tool_calls/1/id").asString()).isEqualTo("c2");
        assertThat(whole.path("tool_calls")).hasSize(2);
    }

    @Test
    void a_response_with_calls_goes_on_after_any_event_live_when_it_has_ended_and_after_a_restart() throws Exception {
        model.then(ClientCallsTest::twoCalls)
                .then(call -> call.stream().words("Noon.").done());
        List<JsonNode> live = events(http.send(
                        request(
                                "POST",
                                "/v1/responses",
                                "{'model':'caller','stream':true,'input':'When and where?'," + FLAT_TOOLS + "}"),
                        BodyHandlers.ofString())
                .body());
        assertThat(live)
                .extracting(event -> event.path("type").asString())
                .contains("response.function_call_arguments.delta", "response.function_call_arguments.done");
        assertThat(arguments(live, 1)).isEqualTo("{\"zone\": \"UTC\" }");
        assertThat(arguments(live, 2)).isEqualTo("{\"exact\":true}");
        assertThat(live.getLast().at("/response/output/1/arguments").asString()).isEqualTo("{\"zone\": \"UTC\" }");
        assertThat(live.getLast().at("/response/output")).hasSize(3);
        String id = live.getFirst().at("/response/id").asString();
        afterEach(live, id);
        call(
                "POST",
                "/v1/responses",
                "{'model':'caller','previous_response_id':'" + id + "','input':[{'type':'function_call_output',"
                        + "'call_id':'c1','output':'noon'},{'type':'function_call_output','call_id':'c2','output':'x'}]}");
        afterEach(live, id);
        millrace.close();
        start();
        afterEach(live, id);
    }

    private static String arguments(List<JsonNode> events, int item) {
        return events.stream()
                .filter(event -> event.path("type").asString().equals("response.function_call_arguments.delta"))
                .filter(event -> event.path("output_index").asInt(-1) == item)
                .map(event -> event.path("delta").asString())
                .collect(Collectors.joining());
    }

    private void afterEach(List<JsonNode> live, String id) throws Exception {
        for (int seen = 0; seen < live.size() - 1; seen++) {
            long number = live.get(seen).path("sequence_number").longValue();
            var both = new ArrayList<JsonNode>(live.subList(0, seen + 1));
            List<JsonNode> rest = after(id, number);
            both.addAll(rest);
            assertThat(arguments(both, 1)).as("after event %s", seen).isEqualTo("{\"zone\": \"UTC\" }");
            assertThat(arguments(both, 2)).as("after event %s", seen).isEqualTo("{\"exact\":true}");
            assertThat(rest.getLast().at("/response/output"))
                    .isEqualTo(live.getLast().at("/response/output"));
            assertThat(rest).allMatch(event -> event.path("sequence_number").longValue() > number);
        }
    }

    @Test
    void a_call_whose_arguments_are_no_json_was_none() throws Exception {
        for (int i = 0; i < 2; i++) {
            model.then(call -> {
                        call.stream().tool(0, "c1", "now", "").chunk(more(0, "{\"zone\": "), null);
                        call.calls();
                    })
                    .then(call -> call.stream().words("Noon, I guess.").done());
        }
        JsonNode whole = call("POST", "/v1/chat/completions", completion(false)).at("/choices/0");
        assertThat(whole.path("finish_reason").asString()).isEqualTo("stop");
        assertThat(whole.at("/message/content").asString()).isEqualTo("Noon, I guess.");
        assertThat(whole.path("message").has("tool_calls")).isFalse();
        List<JsonNode> chunks =
                events(http.send(request("POST", "/v1/chat/completions", completion(true)), BodyHandlers.ofString())
                        .body());
        assertThat(chunks.getLast().at("/error/code").asString())
                .as("what was told can't be taken back")
                .isEqualTo("answer_restarted");
    }
}
