package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.millrace.agents.ModelFailure.Kind;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.UrlPart;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

@Timeout(60)
class ModelAgentTest {
    private final ModelServer server = new ModelServer();
    private final List<ModelAgent> agents = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();

    @AfterEach
    void close() {
        agents.forEach(ModelAgent::close);
        server.close();
    }

    @Test
    void each_piece_is_said_before_the_next_is_sent() throws Exception {
        var turn = RecordingTurn.of("hi");
        server.then(call -> {
            call.stream().chunk("{\"role\":\"assistant\",\"content\":\"\"}", null);
            for (String word : List.of("Good ", "morning", ", you")) {
                call.words(word);
                assertThat(turn.said.poll(20, TimeUnit.SECONDS)).isEqualTo(word);
            }
            call.done();
        });
        agent(config()).run(turn);
        assertThat(turn.done).containsExactly("say:Good ", "say:morning", "say:, you");
    }

    @Test
    void the_tokens_that_the_server_counts_are_told() throws Exception {
        server.then(call -> call.stream().words("ok").done());
        var turn = RecordingTurn.of("hi");
        agent(config()).run(turn);
        assertThat(turn.used).containsExactly("1 1 0");
    }

    @Test
    void the_model_gets_the_prompt_the_conversation_and_the_message() throws Exception {
        server.then(call -> call.stream().words("ok").done());
        var turn = new RecordingTurn(
                Message.user("m3", "and now?"),
                Message.user("m1", "first"),
                Message.agent("m2", "answer"),
                Message.of("m2b", Role.AGENT, Part.text("  ")));
        agent(AgentConfig.of(config().with(new ModelConfig.Options(0.5, 99, null, null, null)))
                        .withSystemPrompt("Be brief."))
                .run(turn);

        ModelServer.Call call = server.call();
        assertThat(call.line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
        assertThat(call.headers())
                .containsEntry("Authorization", "Bearer sk-test")
                .doesNotContainKey("Upgrade");
        assertThat(Asked.json(call).get("model").stringValue()).isEqualTo("small");
        assertThat(Asked.json(call).get("stream").booleanValue()).isTrue();
        assertThat(Asked.json(call).get("temperature").doubleValue()).isEqualTo(0.5);
        assertThat(Asked.json(call).get("max_tokens").intValue()).isEqualTo(99);
        assertThat(Asked.json(call).get("messages").values().stream()
                        .map(m -> m.get("role").stringValue() + ": "
                                + m.get("content").stringValue()))
                .containsExactly("system: Be brief.", "user: first", "assistant: answer", "user: and now?");
    }

    @Test
    void images_go_as_images_and_other_files_are_named() throws Exception {
        server.then(call -> call.stream().words("ok").done());
        agent(config())
                .run(new RecordingTurn(Message.of(
                        "m1",
                        Role.USER,
                        Part.text("what is this?"),
                        Part.raw(new byte[] {1, 2}, "image/png"),
                        new UrlPart("http://x/a.pdf", null, "a.pdf", "application/pdf"))));
        var content = Asked.json(server.call()).at("/messages/0/content");
        assertThat(content.at("/0/text").stringValue()).isEqualTo("what is this?");
        assertThat(content.at("/1/image_url/url").stringValue()).isEqualTo("data:image/png;base64,AQI=");
        assertThat(content.at("/2/text").stringValue()).contains("a.pdf").contains("cannot be read");
    }

    @Test
    void a_message_with_nothing_to_answer_is_rejected_and_no_request_is_made() throws Exception {
        var turn = RecordingTurn.of(" \n");
        agent(config()).run(turn);
        assertThat(turn.done).singleElement().asString().startsWith("reject:");
    }

    @Test
    void a_character_that_is_cut_in_two_is_put_together() throws Exception {
        server.then(call -> call.stream().words("a\\ud83d").words("\\ude00b").done());
        var turn = RecordingTurn.of("hi");
        agent(config()).run(turn);
        assertThat(turn.chunks()).containsExactly("a", "\ud83d\ude00b");
    }

    @RepeatedTest(10)
    void a_cancel_before_the_first_byte_closes_the_connection_at_once() throws Exception {
        cancelled(ModelServer.Call::awaitLeave);
    }

    @RepeatedTest(10)
    void a_cancel_between_the_head_and_the_first_word_closes_the_connection_at_once() throws Exception {
        cancelled(call -> call.stream()
                .chunk("{\"role\":\"assistant\",\"content\":\"\"}", null)
                .awaitLeave());
    }

    /** An hour may pass before the model says anything; only a cancel that works ends this. */
    private void cancelled(ModelServer.Answer answer) throws Exception {
        for (boolean interrupt : new boolean[] {true, false}) {
            var here = new CountDownLatch(1);
            var left = new CountDownLatch(1);
            server.then(call -> {
                here.countDown();
                try {
                    answer.to(call); // a write may find that the client has left already
                } finally {
                    left.countDown();
                }
            });
            var turn = RecordingTurn.of("hi");
            var outcome = new CompletableFuture<String>();
            ModelAgent agent = agent(config().with(
                            new ModelConfig.Times(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1))));
            Thread running = Thread.startVirtualThread(() -> {
                try {
                    agent.run(turn);
                    outcome.complete("returned");
                } catch (InterruptedException e) {
                    outcome.complete("interrupted");
                } catch (Throwable e) {
                    outcome.completeExceptionally(e);
                }
            });
            assertThat(here.await(20, TimeUnit.SECONDS)).isTrue();
            turn.cancel(interrupt ? running : null);
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isIn("returned", "interrupted");
            assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(turn.done).isEmpty();
        }
    }

    @Test
    void a_turn_that_takes_no_more_words_ends_the_stream_and_gets_its_exception_back() throws Exception {
        var left = new CountDownLatch(1);
        var turn = RecordingTurn.of("hi");
        server.then(call -> {
            call.stream().words("one");
            turn.said.take();
            turn.cancel(null);
            try {
                call.words("two");
                call.awaitLeave();
            } finally {
                left.countDown();
            }
        });
        var outcome = new CompletableFuture<Throwable>();
        ModelAgent agent = agent(config());
        Thread.startVirtualThread(() -> {
            try {
                agent.run(turn);
                outcome.complete(null);
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        // Either the cancel was noticed first, or the word that could not be said.
        assertThat(outcome.get(20, TimeUnit.SECONDS))
                .satisfiesAnyOf(
                        e -> assertThat(e).isNull(), e -> assertThat(e).isInstanceOf(RecordingTurn.Fenced.class));
        assertThat(turn.chunks()).containsExactly("one");
    }

    @Test
    void an_exception_of_the_turn_comes_out_of_run_as_it_was() {
        server.then(call -> call.stream().words("one").awaitLeave());
        var failing = new RecordingTurn(Message.user("m1", "hi")) {
            @Override
            public ArtifactStream artifact(String id) {
                throw new IllegalStateException("no room");
            }
        };
        assertThatThrownBy(() -> agent(config()).run(failing))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no room");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401 | Incorrect API key provided | invalid_api_key | AUTHENTICATION | OPENAI_API_KEY",
                "403 | no access | x | AUTHENTICATION | may not use small",
                "404 | The model does not exist | model_not_found | NO_SUCH_MODEL | Check the model's name",
                "429 | Rate limit reached | rate_limit_exceeded | RATE_LIMIT | Wait 7 s",
                "429 | You exceeded your quota | insufficient_quota | QUOTA | Add credit",
                "400 | This model's maximum context length is 8 tokens | context_length_exceeded | TOO_LONG | Start a new chat",
                "400 | bad temperature | x | REFUSED | refused the request (400)",
                "413 | large | x | TOO_LONG | send less",
                "500 | boom | x | SERVER | Send again in a while",
                "503 | busy | x | OVERLOADED | too much to do (503)",
                "503 | invalid model x | x | NO_SUCH_MODEL | Check the model's name",
                "529 | busy | overloaded_error | OVERLOADED | Send again in a while",
                "504 | late | x | SILENT | gave up waiting",
            })
    void an_error_of_the_server_says_what_can_be_done_and_what_was_said(
            int status, String message, String code, Kind kind, String advice) {
        server.then(call -> call.error(status, message, code));
        var turn = RecordingTurn.of("hi");
        ModelFailure failure =
                catchThrowableOfType(ModelFailure.class, () -> agent(config()).run(turn));
        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessageContaining(advice).hasMessageContaining("It said: " + message);
        assertThat(turn.done).isEmpty();
    }

    @Test
    void without_a_key_a_401_asks_for_one() {
        server.then(call -> call.error(401, "no key", "x"));
        assertThatThrownBy(() ->
                        agent(ModelConfig.of(server.baseUrl(), " ", "small")).run(RecordingTurn.of("hi")))
                .hasMessageContaining("none is set");
    }

    @Test
    void how_long_to_wait_is_there_for_a_retry() {
        server.then(call -> call.error(429, "slow down", "x"));
        ModelFailure failure =
                catchThrowableOfType(ModelFailure.class, () -> agent(config()).run(RecordingTurn.of("hi")));
        assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void a_server_that_is_not_there_is_named() throws IOException {
        int port;
        try (var gone = new ServerSocket(0)) {
            port = gone.getLocalPort();
        }
        ModelConfig nobody = ModelConfig.of(URI.create("http://127.0.0.1:" + port + "/v1"), null, "small");
        ModelFailure failure =
                catchThrowableOfType(ModelFailure.class, () -> agent(nobody).run(RecordingTurn.of("hi")));
        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContaining("Nothing takes connections at http://127.0.0.1:" + port);
    }

    @Test
    void a_server_that_does_not_begin_is_given_up() {
        server.then(ModelServer.Call::awaitLeave);
        failsWith(
                Kind.SILENT,
                config().with(new ModelConfig.Times(
                        Duration.ofSeconds(9), Duration.ofMillis(50), Duration.ofHours(1))));
    }

    @Test
    void a_server_that_falls_silent_is_given_up_and_what_it_said_stays() {
        server.then(call -> call.stream().words("one").awaitLeave());
        RecordingTurn turn = failsWith(
                Kind.SILENT,
                config().with(new ModelConfig.Times(
                        Duration.ofSeconds(9), Duration.ofSeconds(20), Duration.ofMillis(100))));
        assertThat(turn.answer()).isEqualTo("one");
    }

    @Test
    void a_server_that_falls_silent_after_many_words_is_given_up_and_its_connection_closed() throws Exception {
        var turn = RecordingTurn.of("hi");
        var left = new Semaphore(0);
        server.then(call -> {
            call.stream();
            for (int i = 0; i < 30; i++) {
                call.words("word ");
                assertThat(turn.said.poll(20, TimeUnit.SECONDS)).isEqualTo("word "); // each is read by itself
            }
            call.awaitLeave();
            left.release();
        });
        ModelAgent hasty = agent(config().with(
                        new ModelConfig.Times(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(2))));
        assertThatThrownBy(() -> hasty.run(turn)).hasMessageContaining("silent for too long");
        assertThat(turn.answer()).isEqualTo("word ".repeat(30));
        assertThat(left.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void an_answer_that_ends_in_the_middle_is_no_answer() {
        server.then(call -> call.stream().words("one"));
        failsWith(Kind.CUT_OFF, config());
        server.then(
                call -> call.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n"));
        failsWith(Kind.CUT_OFF, config());
    }

    @Test
    void an_answer_is_whole_with_a_reason_to_finish_or_with_done() throws Exception {
        server.then(call -> call.stream().words("one").chunk("{}", "stop"))
                .then(call -> call.stream().words("two").raw("data: [DONE]\n\n"));
        var first = RecordingTurn.of("hi");
        agent(config()).run(first);
        assertThat(first.answer()).isEqualTo("one");
        var second = RecordingTurn.of("hi");
        agent(config()).run(second);
        assertThat(second.answer()).isEqualTo("two");
    }

    @Test
    void done_is_the_end_even_if_the_server_keeps_the_connection_open() throws Exception {
        server.then(call -> {
            call.stream().words("one").done();
            call.awaitLeave();
        });
        var turn = RecordingTurn.of("hi");
        agent(config()).run(turn);
        assertThat(turn.answer()).isEqualTo("one");
        await().atMost(Duration.ofSeconds(20)).until(() -> server.openConnections() == 0);
    }

    @Test
    void an_error_inside_the_stream_is_an_error() {
        server.then(call ->
                call.stream().words("one").raw("data: {\"error\":{\"message\":\"GPU gone\",\"code\":500}}\n\n"));
        failsWith(Kind.SERVER, config());
        server.then(call -> call.stream().raw("event: error\ndata: {\"error\":{\"message\":\"GPU gone\"}}\n\n"));
        failsWith(Kind.SERVER, config());
    }

    @Test
    void what_is_no_stream_is_not_taken_for_an_answer() {
        server.then(call -> call.status(200, "text/html", "<html>welcome</html>"));
        failsWith(Kind.UNINTELLIGIBLE, config());
        server.then(call -> call.status(200, "application/json", "{\"error\":{\"message\":\"nope\"}}"));
        failsWith(Kind.SERVER, config());
        server.then(call -> call.stream().raw("data: not json\n\ndata: [DONE]\n\n"));
        failsWith(Kind.UNINTELLIGIBLE, config());
        server.then(call -> call.stream().done());
        failsWith(Kind.UNINTELLIGIBLE, config());
    }

    @Test
    void a_filtered_answer_fails_and_one_at_its_limit_says_so() throws Exception {
        server.then(call -> call.stream().words("one").chunk("{}", "content_filter"));
        failsWith(Kind.FILTERED, config());
        server.then(call -> call.stream().words("one").chunk("{}", "length"));
        var turn = RecordingTurn.of("hi");
        agent(config()).run(turn);
        assertThat(turn.done).hasSize(2).last().asString().contains("limit of tokens");
    }

    @Test
    void a_second_try_replaces_what_the_first_had_said() throws Exception {
        server.then(call -> call.stream().words("I th"))
                .then(call -> call.error(503, "busy", "x"))
                .then(call -> call.stream().words("Good ").words("day").done());
        var turn = RecordingTurn.of("hi");
        agent(config().withRetry((failure, attempt) -> attempt < 3 ? Duration.ofMillis(attempt) : null))
                .run(turn);
        assertThat(turn.answer()).isEqualTo("Good day");
        assertThat(turn.done).contains("whole:Good ", "say:day");
        assertThat(pauses).containsExactly(Duration.ofMillis(1), Duration.ofMillis(2));
    }

    @Test
    void neither_prompts_nor_answers_nor_keys_are_logged() throws Exception {
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var lines = new ListAppender<ILoggingEvent>();
        Level before = root.getLevel();
        lines.start();
        root.addAppender(lines);
        root.setLevel(Level.ALL);
        try {
            server.then(call -> call.stream().words("ANSWERWORD").done())
                    .then(call -> call.stream().raw("data: {\"choices\":[{\"delta\":{\"content\":\"ANSWERWORD\n\n"));
            ModelAgent agent = agent(AgentConfig.of(config()).withSystemPrompt("PROMPTWORD"));
            agent.run(RecordingTurn.of("QUESTIONWORD"));
            assertThatThrownBy(() -> agent.run(RecordingTurn.of("QUESTIONWORD")))
                    .isInstanceOf(ModelFailure.class);
        } finally {
            root.setLevel(before);
            root.detachAppender(lines);
        }
        assertThat(lines.list).isNotEmpty();
        assertThat(List.copyOf(lines.list)).allSatisfy(event -> {
            String text = event.getFormattedMessage()
                    + (event.getThrowableProxy() == null
                            ? ""
                            : event.getThrowableProxy().getMessage());
            assertThat(text).doesNotContain("ANSWERWORD", "PROMPTWORD", "QUESTIONWORD", "sk-test");
        });
        assertThat(AgentConfig.of(config()).withSystemPrompt("PROMPTWORD").toString())
                .doesNotContain("sk-test", "PROMPTWORD");
    }

    @Test
    void closing_leaves_no_thread_and_no_connection() throws Exception {
        server.then(call -> call.stream().words("one").done());
        ModelAgent agent = agent(config());
        agent.run(RecordingTurn.of("hi"));
        agent.close();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(server.openConnections()).isZero();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("HttpClient-"));
        });
    }

    private RecordingTurn failsWith(Kind kind, ModelConfig config) {
        var turn = RecordingTurn.of("hi");
        ModelFailure failure =
                catchThrowableOfType(ModelFailure.class, () -> agent(config).run(turn));
        assertThat(failure).isNotNull();
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
        return turn;
    }

    private ModelAgent agent(ModelConfig config) {
        return agent(AgentConfig.of(config));
    }

    private ModelAgent agent(AgentConfig config) {
        var agent = new ModelAgent(config, pauses::add);
        agents.add(agent);
        return agent;
    }

    private ModelConfig config() {
        return ModelConfig.of(server.baseUrl(), "sk-test", "small")
                .with(new ModelConfig.Times(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(20)));
    }
}
