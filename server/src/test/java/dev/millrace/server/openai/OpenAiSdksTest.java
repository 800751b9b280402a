package dev.millrace.server.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import dev.millrace.server.Millrace;
import dev.millrace.server.auth.ApiKeys;
import dev.millrace.server.auth.AuthSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** OpenAI's own SDKs for Java, Python and JavaScript, at pinned versions, use agents as models. */
@Timeout(420) // the first run installs two of them
class OpenAiSdksTest {
    private static final String KEY = "mr_0123456789abcdef0123456789abcdef";
    private static final int INSTALL_MINUTES = 5;

    private Millrace millrace;

    @BeforeEach
    void start() throws Exception {
        millrace = Millrace.with("talker", new Talker())
                .settings(settings ->
                        settings.auth(AuthSettings.open().withKeys(Map.of("alice", List.of(ApiKeys.hash(KEY))))))
                .start();
    }

    @AfterEach
    void stop() {
        millrace.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai-python", "openai-node"})
    void another_languages_client_does_everything(String sdk) throws Exception {
        JsonNode seen = JsonMapper.shared().readTree(run(sdk));
        assertThat(seen.path("models").toString()).isEqualTo("[\"talker\"]");
        assertThat(seen.path("model").stringValue()).isEqualTo("talker");
        assertThat(seen.path("completion").toString()).isEqualTo("[\"You said: hello there\",\"stop\",0]");
        assertThat(seen.path("streamed").toString()).isEqualTo("[\"You said: hello there\",0]");
        assertThat(seen.path("tool").toString())
                .isEqualTo("[\"tool_calls\",\"now\",{\"zone\":\"UTC\"},\"It is noon.\"]");
        assertThat(seen.path("response").toString())
                .isEqualTo("[\"completed\",\"You said: hello there\",\"Be kind.\"]");
        assertThat(seen.path("goes on").stringValue()).isEqualTo("U:hello there A:You said: hello there");
        assertThat(seen.path("got").stringValue()).isEqualTo("You said: hello there");
        assertThat(seen.path("response streamed").toString())
                .isEqualTo("[\"You said: hello there\",\"You said: hello there\"]");
        assertThat(seen.path("response tool").toString()).isEqualTo("[\"now\",\"It is noon.\"]");
        assertThat(seen.path("background").toString()).isEqualTo("[\"completed\",\"You said: hello there\"]");
        assertThat(seen.path("resumed").toString()).isEqualTo("[\"You said: hello there\",\"You said: hello there\"]");
        assertThat(seen.path("cancelled").stringValue()).isEqualTo("cancelled");
        assertThat(seen.path("refusals").values().stream()
                        .map(JsonNode::toString)
                        .toList())
                .containsExactly(
                        "[\"NotFoundError\",\"model_not_found\",\"model\"]",
                        "[\"BadRequestError\",\"unsupported_parameter\",\"n\"]",
                        "[\"NotFoundError\",\"not_found\",null]",
                        "[\"InternalServerError\",\"agent_failed\",null]",
                        "[\"AuthenticationError\",\"invalid_api_key\",null]");
    }

    @Test
    void javas_client_completes_chats() {
        OpenAIClient client = client(KEY);
        assertThat(client.models().list().data())
                .extracting(model -> model.id())
                .containsExactly("talker");
        var hello = ChatCompletionCreateParams.builder()
                .model("talker")
                .addUserMessage("hello there")
                .build();
        var whole = client.chat().completions().create(hello);
        assertThat(whole.choices().getFirst().message().content()).contains("You said: hello there");
        whole.validate();

        var all = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(hello)) {
            stream.stream().forEach(chunk -> all.accumulate(chunk.validate()));
        }
        assertThat(all.chatCompletion().choices().getFirst().message().content())
                .contains("You said: hello there");
    }

    @Test
    void javas_client_follows_responses_and_comes_back_to_them() {
        OpenAIClient client = client(KEY);
        ResponseCreateParams hello = ResponseCreateParams.builder()
                .model("talker")
                .input("hello there")
                .build();
        Response first = client.responses().create(hello);
        assertThat(text(first)).isEqualTo("You said: hello there");
        assertThat(first.status()).contains(ResponseStatus.COMPLETED);
        first.validate();

        List<ResponseStreamEvent> events;
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(hello)) {
            events = stream.stream().map(ResponseStreamEvent::validate).toList();
        }
        assertThat(deltas(events)).isEqualTo("You said: hello there");
        assertThat(text(events.getLast().asCompleted().response())).isEqualTo("You said: hello there");

        String id = events.getFirst().asCreated().response().id();
        try (StreamResponse<ResponseStreamEvent> stream = client.responses()
                .retrieveStreaming(ResponseRetrieveParams.builder()
                        .responseId(id)
                        .startingAfter(events.stream()
                                .filter(ResponseStreamEvent::isOutputTextDelta)
                                .findFirst()
                                .orElseThrow()
                                .asOutputTextDelta()
                                .sequenceNumber())
                        .build())) {
            assertThat(deltas(stream.stream().toList())).isEqualTo(" said: hello there");
        }

        Response next = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("talker")
                        .input("history")
                        .previousResponseId(first.id())
                        .build());
        assertThat(text(next)).isEqualTo("U:hello there A:You said: hello there");
    }

    @Test
    void javas_client_is_told_what_is_wrong() {
        OpenAIClient client = client(KEY);
        assertThat(catchThrowableOfType(
                                NotFoundException.class,
                                () -> client.chat()
                                        .completions()
                                        .create(ChatCompletionCreateParams.builder()
                                                .model("nobody")
                                                .addUserMessage("hi")
                                                .build()))
                        .getMessage())
                .contains("there are: talker");
        assertThat(catchThrowableOfType(
                                BadRequestException.class,
                                () -> client.chat()
                                        .completions()
                                        .create(ChatCompletionCreateParams.builder()
                                                .model("talker")
                                                .addUserMessage("hi")
                                                .n(3)
                                                .build()))
                        .param())
                .contains("n");
        assertThat(catchThrowableOfType(
                        UnauthorizedException.class,
                        () -> client("mr_wrong").models().list()))
                .isNotNull();
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(millrace.uri() + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    private static String deltas(List<ResponseStreamEvent> events) {
        return events.stream()
                .filter(ResponseStreamEvent::isOutputTextDelta)
                .map(event -> event.asOutputTextDelta().delta())
                .collect(Collectors.joining());
    }

    private static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .map(content -> content.asOutputText().text())
                .collect(Collectors.joining());
    }

    /** Runs the SDK's client of {@code interop/}; where the SDK can't be had, the test is skipped, but not in CI. */
    private String run(String sdk) throws IOException, InterruptedException {
        Path project = Path.of("").toAbsolutePath();
        while (!Files.exists(project.resolve("interop/install"))) {
            project = project.getParent();
        }
        Path log = Files.createDirectories(Path.of("target")).resolve("interop-" + sdk + ".log");
        Process install = new ProcessBuilder(project.resolve("interop/install").toString(), sdk)
                .redirectError(log.toFile())
                .start();
        Path home = Path.of(new String(install.getInputStream().readAllBytes()).strip());
        if (!install.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES) || install.exitValue() != 0) {
            install.destroyForcibly();
            String why = "interop/install " + sdk + " did not succeed: " + Files.readString(log);
            if (System.getenv("CI") != null) {
                throw new AssertionError(why);
            }
            return Assumptions.abort(why);
        }
        Path scripts = project.resolve("interop").resolve(sdk);
        List<String> program;
        if (sdk.endsWith("python")) {
            program = List.of(
                    home.resolve("venv/bin/python").toString(),
                    "-B",
                    scripts.resolve("client.py").toString());
        } else {
            // A module is looked for beside the script that asks for it.
            Path beside = home.resolve("client.mjs");
            Files.copy(scripts.resolve("client.mjs"), beside, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            program = List.of("node", beside.toString());
        }
        var command = new java.util.ArrayList<>(program);
        command.add(millrace.uri().toString());
        command.add(KEY);
        var builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.toLowerCase(java.util.Locale.ROOT).endsWith("_proxy"));
        Process process = builder.start();
        try {
            String said = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor()).as(said + Files.readString(log)).isZero();
            return said;
        } finally {
            process.destroyForcibly();
        }
    }
}
