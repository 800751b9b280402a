package dev.millrace.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.UserMessage;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** AI services as agents, over LangChain4j's client of OpenAI and a socket. */
@Timeout(120)
class ServiceAgentTest {
    private final ModelServer server = new ModelServer();
    private RunningAgent agent;

    @AfterEach
    void close() throws Exception {
        if (agent != null) {
            agent.close();
        }
        server.close();
    }

    private void start() throws Exception {
        agent = new RunningAgent(Documented.service(OpenAi.streaming(server)));
    }

    @Test
    void a_service_streams_and_remembers_each_chat_for_itself() throws Exception {
        var read = new CountDownLatch(1);
        server.then(call -> {
                    call.stream().words("Hello ");
                    read.await();
                    call.words("Ann").done();
                })
                .then(call -> call.stream().words("Ann").done())
                .then(call -> call.stream().words("I don't know").done());
        start();
        Sent first = agent.begin("I am Ann");
        agent.awaitSaid(first, "Hello ");
        read.countDown();
        agent.ended(first);
        agent.ended(agent.goOn(first, "Who am I?"));
        Sent other = agent.begin("And I?");
        agent.ended(other);
        assertThat(agent.said(other, "answer")).isEqualTo("I don't know");
        OpenAi.asked(server);
        assertThat(OpenAi.asked(server).path("messages").toString()).contains("I am Ann", "Hello Ann", "Who am I?");
        assertThat(OpenAi.asked(server).path("messages").toString())
                .contains("And I?")
                .doesNotContain("Ann");
    }

    @Test
    void a_services_tools_run_are_told_and_all_that_was_taken_is_counted_once() throws Exception {
        server.then(call -> {
                    call.stream().words("Let me see. ");
                    call.tool(0, "call-1", "temperatures", "{\"places\":[{\"town\":\"Bern\",\"country\":\"CH\"}]}")
                            .end("tool_calls", 100, 20);
                })
                .then(call -> {
                    call.stream().words("18 degrees.");
                    call.end("stop", 150, 7);
                });
        start();
        Sent sent = agent.begin("How warm is Bern?");
        Task task = agent.ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(agent.said(sent, "answer")).isEqualTo("Let me see. 18 degrees.");
        assertThat(task.history()).extracting(Message::text).contains("Using temperatures.");
        OpenAi.asked(server);
        assertThat(OpenAi.asked(server).path("messages").toString()).contains("Bern: 18 CELSIUS");
        assertThat(agent.usage(sent).inputTokens()).isEqualTo(250);
        assertThat(agent.usage(sent).outputTokens()).isEqualTo(27);
    }

    /** A service's tool that waits until the test lets it go on, deaf to interrupts, and counts its calls. */
    static final class Deaf {
        final CountDownLatch here = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final AtomicInteger calls = new AtomicInteger();

        @Tool("Waits.")
        String linger() {
            calls.incrementAndGet();
            here.countDown();
            boolean waits = true;
            while (waits) {
                try {
                    go.await();
                    waits = false;
                } catch (InterruptedException deaf) {
                    // as its name says
                }
            }
            return "done";
        }
    }

    @Test
    void after_a_cancel_a_service_begins_no_further_tool_and_its_words_are_dropped() throws Exception {
        var deaf = new Deaf();
        var left = new CountDownLatch(1);
        server.then(call -> call.stream().tool(0, "call-1", "linger", "{}").end("tool_calls", 1, 1))
                .then(call -> {
                    call.stream().words("And ");
                    call.awaitLeave();
                    left.countDown();
                });
        Documented.Assistant assistant = AiServices.builder(Documented.Assistant.class)
                .streamingChatModel(OpenAi.streaming(server))
                .chatMemoryProvider(chat -> MessageWindowChatMemory.withMaxMessages(50))
                .tools(deaf)
                .build();
        agent = new RunningAgent(LangChainAgent.of((message, chat) -> assistant.chat(chat, message)));
        Sent sent = agent.begin("go");
        assertThat(deaf.here.await(30, TimeUnit.SECONDS)).isTrue();
        agent.engine.cancel("me", sent.taskId());
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        deaf.go.countDown();
        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(agent.said(sent, "answer")).isEmpty();
        assertThat(deaf.calls).hasValue(1);
    }

    @Test
    void a_service_whose_model_fails_fails_the_task() throws Exception {
        server.then(call -> call.status(401, "application/json", "{\"error\":{\"message\":\"no\"}}"));
        start();
        Task task = agent.ended(agent.begin("hi"));
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(task.status().message().text()).contains("does not accept the API key");
    }

    /** A service that does not stream. */
    interface Plain {
        String chat(@MemoryId String chat, @UserMessage String message);
    }

    private void startPlain() throws Exception {
        Plain service = AiServices.builder(Plain.class)
                .chatModel(OpenAi.whole(server))
                .chatMemoryProvider(chat -> MessageWindowChatMemory.withMaxMessages(50))
                .build();
        agent = new RunningAgent(LangChainAgent.ofWhole((message, chat) -> service.chat(chat, message)));
    }

    @Test
    void a_service_that_does_not_stream_answers_in_one_piece() throws Exception {
        server.then(
                call -> call.status(
                        200,
                        "application/json",
                        "{\"id\":\"x\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"small\",\"choices\":[{\"index\":0,"
                                + "\"message\":{\"role\":\"assistant\",\"content\":\"Hello Ann\"},\"finish_reason\":\"stop\"}]}"));
        startPlain();
        Sent sent = agent.begin("I am Ann");
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(agent.said(sent, "answer")).isEqualTo("Hello Ann");
    }

    @Test
    void one_that_does_not_stream_fails_and_is_cancelled_like_any_other() throws Exception {
        var asked = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        server.then(call -> call.status(429, "application/json", "{\"error\":{\"message\":\"slower\"}}"))
                .then(call -> {
                    asked.countDown();
                    call.awaitLeave();
                    left.countDown();
                });
        startPlain();
        Task failed = agent.ended(agent.begin("hi"));
        assertThat(failed.status().message().text()).contains("takes no more requests for now");
        Sent sent = agent.begin("hi again");
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        agent.engine.cancel("me", sent.taskId());
        assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue(); // the interrupt closed its connection
    }
}
