package dev.millrace.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A model as an agent: LangChain4j's client of OpenAI, over a socket, in a real engine. */
@Timeout(120)
class LangChainAgentTest {
    private final ModelServer server = new ModelServer();
    private RunningAgent agent;

    @AfterEach
    void close() throws Exception {
        if (agent != null) {
            agent.close();
        }
        server.close();
    }

    private void start(StreamingChatModel model) throws Exception {
        agent = new RunningAgent(LangChainAgent.of(model).withSystemPrompt("Be brief."));
    }

    private void start() throws Exception {
        start(OpenAi.streaming(server));
    }

    @Test
    void the_model_is_told_the_prompt_and_the_whole_conversation() throws Exception {
        server.then(call -> call.stream()
                        .reasoning("A greeting.")
                        .words("Hello")
                        .words(" Ann")
                        .done())
                .then(call -> call.stream().words("Ann").done());
        start();
        Sent first = agent.begin("I am Ann");
        assertThat(agent.ended(first).status().state()).isEqualTo(TaskState.COMPLETED);
        Sent second = agent.goOn(first, "Who am I?");
        agent.ended(second);
        assertThat(agent.said(second, "answer")).isEqualTo("Ann");
        assertThat(told(OpenAi.asked(server))).containsExactly("system: Be brief.", "user: I am Ann");
        assertThat(told(OpenAi.asked(server)))
                .containsExactly("system: Be brief.", "user: I am Ann", "assistant: Hello Ann", "user: Who am I?");
    }

    private static Iterable<String> told(JsonNode request) {
        return request.path("messages").values().stream()
                .map(message -> message.path("role").asString() + ": "
                        + message.path("content").asString())
                .toList();
    }

    @Test
    void each_word_is_there_when_the_model_has_said_it_and_in_its_order() throws Exception {
        var read = new CountDownLatch(1);
        server.then(call -> {
            call.stream().words("Once ");
            read.await();
            for (int i = 0; i < 200; i++) {
                call.words(i + " ");
            }
            call.done();
        });
        start();
        Sent sent = agent.begin("Tell me one");
        agent.awaitSaid(sent, "Once ");
        read.countDown();
        agent.ended(sent);
        var whole = new StringBuilder("Once ");
        for (int i = 0; i < 200; i++) {
            whole.append(i).append(' ');
        }
        assertThat(agent.said(sent, "answer")).isEqualTo(whole.toString());
    }

    @Test
    void reasoning_goes_beside_the_answer_and_says_what_it_is() throws Exception {
        server.then(call -> call.stream()
                .reasoning("Six by ")
                .reasoning("seven.")
                .words("42")
                .done());
        start();
        Sent sent = agent.begin("6 * 7?");
        Task task = agent.ended(sent);
        assertThat(agent.said(sent, "answer")).isEqualTo("42");
        Artifact reasoning = task.artifacts().stream()
                .filter(artifact -> !artifact.artifactId().equals("answer"))
                .findFirst()
                .orElseThrow();
        assertThat(reasoning.text()).isEqualTo("Six by seven.");
        assertThat(reasoning.metadata().at("/millrace/kind").asString()).isEqualTo("reasoning");
    }

    @Test
    void a_character_that_is_cut_in_two_is_put_together() throws Exception {
        server.then(call -> call.stream().words("\\ud83d").words("\\ude00!").done());
        start();
        Sent sent = agent.begin("smile");
        agent.ended(sent);
        assertThat(agent.said(sent, "answer")).isEqualTo("\ud83d\ude00!");
    }

    @Test
    void what_the_model_took_is_told() throws Exception {
        server.then(call -> {
            call.stream().words("Yes");
            call.end("stop", 1200, 34);
        });
        start();
        Sent sent = agent.begin("Is it?");
        agent.ended(sent);
        assertThat(agent.usage(sent).inputTokens()).isEqualTo(1200);
        assertThat(agent.usage(sent).outputTokens()).isEqualTo(34);
    }

    @Test
    void a_cancel_in_the_middle_ends_the_stream_and_closes_the_models_connection() throws Exception {
        var left = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        server.then(call -> {
            call.stream().words("Once ");
            cancelled.await();
            call.words("upon "); // LangChain4j's reader looks at the handle when something comes
            call.awaitLeave();
            left.countDown();
        });
        start();
        Sent sent = agent.begin("Tell me one");
        agent.awaitSaid(sent, "Once ");
        agent.engine.cancel("me", sent.taskId());
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        cancelled.countDown();
        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(agent.said(sent, "answer")).isEqualTo("Once ");
    }

    @Test
    void a_cancel_before_the_first_word_ends_the_turn_at_once_and_the_stream_with_its_first_event() throws Exception {
        var left = new CountDownLatch(1);
        var asked = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        server.then(call -> {
            call.stream();
            asked.countDown();
            cancelled.await();
            call.words("Once ");
            call.awaitLeave();
            left.countDown();
        });
        start();
        Sent sent = agent.begin("Tell me one");
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        agent.engine.cancel("me", sent.taskId());
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        cancelled.countDown();
        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(agent.said(sent, "answer")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            401 | no            | does not accept the API key
            404 | no            | There is no such model
            429 | slower        | takes no more requests for now
            400 | too many tokens in this | longer than the model takes
            400 | temperature must be 1 | can't be asked this
            429 | insufficient_quota | has no credit left
            503 | full          | too much to do
            500 | oops          | failed; send again
            """)
    void what_the_server_refuses_fails_the_task_with_a_sentence_that_helps(int status, String says, String sentence)
            throws Exception {
        server.then(call -> call.status(status, "application/json", "{\"error\":{\"message\":\"" + says + "\"}}"));
        start();
        assertThat(failure(agent.begin("hi")))
                .contains(sentence)
                .contains("HTTP " + status)
                .contains("It said: " + says)
                .doesNotContain("{");
    }

    @Test
    void an_answer_that_ends_in_the_middle_fails_the_task_and_what_was_said_stays() throws Exception {
        server.then(call -> call.stream().words("Once "));
        start();
        Sent sent = agent.begin("Tell me one");
        assertThat(failure(sent)).contains("ended in the middle");
        assertThat(agent.said(sent, "answer")).isEqualTo("Once ");
    }

    @Test
    void a_server_that_is_not_there_fails_the_task_and_says_so() throws Exception {
        StreamingChatModel model = OpenAi.streaming(server);
        server.close();
        start(model);
        assertThat(failure(agent.begin("hi"))).contains("can't be reached");
    }

    @Test
    void an_answer_that_the_filter_stopped_is_none() throws Exception {
        server.then(call -> {
            call.stream().words("The ");
            call.end("content_filter", 1, 1);
        });
        start();
        assertThat(failure(agent.begin("hi"))).contains("content filter");
    }

    @Test
    void an_answer_without_a_word_is_none() throws Exception {
        server.then(call -> {
            call.stream();
            call.end("stop", 1, 0);
        });
        start();
        assertThat(failure(agent.begin("hi"))).contains("without a word");
    }

    @Test
    void a_model_that_throws_instead_of_telling_fails_the_task() throws Exception {
        start(new StreamingChatModel() {
            @Override
            public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                throw new LangChain4jException("no model today");
            }
        });
        assertThat(failure(agent.begin("hi"))).contains("no model today");
    }

    @Test
    void a_model_that_gives_its_answer_whole_has_it_said() throws Exception {
        start(new StreamingChatModel() {
            @Override
            public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                handler.onCompleteResponse(ChatResponse.builder()
                        .aiMessage(AiMessage.from("All at once."))
                        .build());
            }
        });
        Sent sent = agent.begin("hi");
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(agent.said(sent, "answer")).isEqualTo("All at once.");
    }

    @Test
    void a_message_without_content_is_rejected_and_no_model_is_asked() throws Exception {
        start();
        Sent sent = agent.begin(" ");
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.REJECTED);
        assertThat(server.callsWaiting() > 0).isFalse();
    }

    private String failure(Sent sent) {
        Task task = agent.ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        return task.status().message().text();
    }
}
