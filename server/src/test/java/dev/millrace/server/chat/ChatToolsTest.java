package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.EngineSettings;
import dev.millrace.server.chat.ChatFixture.Answer;
import dev.millrace.server.chat.ChatFixture.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Tools that the client of a chat runs, over HTTP. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ChatToolsTest {
    private static final String BOTH =
            "{\"results\":[{\"id\":\"id-b\",\"error\":\"broken\"},{\"id\":\"id-a\",\"result\":{\"n\":1}}]}";

    @Parameter
    Stores stores;

    @TempDir
    Path folder;

    ChatFixture chats;

    private void start(EngineSettings settings) throws Exception {
        chats = new ChatFixture(stores.open(folder), settings);
    }

    @AfterEach
    void stop() {
        chats.close();
    }

    private Sent asked() throws Exception {
        start(EngineSettings.defaults());
        return chats.finished(chats.chat("tools a b"));
    }

    private Answer results(Sent chat, String body, String... headers) throws Exception {
        return chats.post("/chats/" + chat.chat() + "/tool-results", body, headers);
    }

    private JsonNode chat(Sent chat) throws Exception {
        return chats.get("/chats/" + chat.chat()).json();
    }

    private JsonNode lastMessage(Sent chat) throws Exception {
        JsonNode messages =
                chats.get("/chats/" + chat.chat() + "/messages").json().required("messages");
        return messages.get(messages.size() - 1).required("message");
    }

    @Test
    void a_chat_tells_which_tools_it_waits_for_and_goes_on_with_their_results() throws Exception {
        Sent asked = asked();
        JsonNode waiting = chat(asked);
        assertThat(waiting.required("status").asString()).isEqualTo("action-required");
        assertThat(waiting.required("toolCalls").toString())
                .isEqualTo("[{\"taskId\":\"%1$s\",\"id\":\"id-a\",\"name\":\"a\",\"arguments\":{}},"
                                .formatted(asked.task())
                        + "{\"taskId\":\"%1$s\",\"id\":\"id-b\",\"name\":\"b\",\"arguments\":{}}]"
                                .formatted(asked.task()));
        assertThat(chats.get("/chats").json().required("chats").get(0)).isEqualTo(waiting);
        assertThat(lastMessage(asked).required("parts").toString())
                .isEqualTo("[{\"text\":\"please\"},{\"data\":{\"toolCalls\":["
                        + "{\"id\":\"id-a\",\"name\":\"a\",\"arguments\":{}},"
                        + "{\"id\":\"id-b\",\"name\":\"b\",\"arguments\":{}}]}}]");

        Answer accepted = results(asked, BOTH, "Idempotency-Key", "k");
        assertThat(accepted.status()).as(accepted.text()).isEqualTo(202);
        assertThat(accepted.get("taskId")).isEqualTo(asked.task());
        assertThat(accepted.get("state")).isEqualTo("TASK_STATE_WORKING");
        chats.finished(new Sent(
                asked.chat(), asked.task(), accepted.json().required("offset").asLong()));
        Answer again = results(asked, BOTH, "Idempotency-Key", "k");
        assertThat(again.text()).isEqualTo(accepted.text());
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(results(asked, BOTH + " ", "Idempotency-Key", "k").problem()).isEqualTo("idempotency-key-reused");

        assertThat(lastMessage(asked).required("parts").get(0).required("text").asString())
                .isEqualTo("id-b=broken id-a={\"n\":1} ");
        assertThat(chat(asked).required("status").asString()).isEqualTo("idle");
        assertThat(chat(asked).has("toolCalls")).isFalse();
    }

    @Test
    void results_that_are_not_those_of_the_calls_are_refused_and_the_chat_waits_on() throws Exception {
        Sent asked = asked();
        long before = chat(asked).required("lastOffset").asLong();
        String a = "{\"id\":\"id-a\",\"result\":1}";
        String b = "{\"id\":\"id-b\",\"result\":1}";
        for (String wrong :
                List.of("", a, a + "," + a, a + "," + b + "," + b, a + "," + b + ",{\"id\":\"id-c\",\"result\":1}")) {
            Answer refused = results(asked, "{\"results\":[" + wrong + "]}");
            assertThat(refused.status()).as(wrong).isEqualTo(422);
            assertThat(refused.problem()).isEqualTo("wrong-tool-results");
        }
        Map<String, String> malformed = Map.of(
                "{}",
                "results",
                "{\"results\":{}}",
                "results",
                "{\"results\":[" + a + ",1]}",
                "results[1]",
                "{\"results\":[{\"result\":1}]}",
                "results[0].id",
                "{\"results\":[{\"id\":\"id-a\"}]}",
                "results[0]",
                "{\"results\":[{\"id\":\"id-a\",\"result\":1,\"error\":\"x\"}]}",
                "results[0]",
                "{\"results\":[{\"id\":\"id-a\",\"error\":1}]}",
                "results[0].error",
                "{\"results\":[{\"id\":\"id-a\",\"output\":1}]}",
                "results[0].output",
                "{\"results\":[" + a + "," + b + "],\"task\":\"x\"}",
                "task");
        for (Map.Entry<String, String> each : malformed.entrySet()) {
            Answer refused = results(asked, each.getKey());
            assertThat(refused.status()).as(each.getKey()).isEqualTo(400);
            assertThat(refused.get("field")).as(each.getKey()).isEqualTo(each.getValue());
        }
        Answer words = chats.post(
                "/chats/" + asked.chat() + "/messages",
                "{\"message\":{\"taskId\":\"" + asked.task() + "\",\"parts\":[{\"text\":\"no\"}]}}");
        assertThat(words.problem()).isEqualTo("wrong-tool-results");
        String huge = "{\"results\":[" + a + ",{\"id\":\"id-b\",\"result\":\"" + "x".repeat(32 << 20) + "\"}]}";
        assertThat(results(asked, huge).status()).isEqualTo(413);
        assertThat(results(asked, BOTH, "X-Owner", "somebody else").problem()).isEqualTo("no-such-chat");
        assertThat(chat(asked).required("lastOffset").asLong()).isEqualTo(before);
        assertThat(chat(asked).required("status").asString()).isEqualTo("action-required");
    }

    @Test
    void a_chat_that_does_not_wait_for_tools_takes_no_results() throws Exception {
        start(EngineSettings.defaults());
        Sent said = chats.finished(chats.chat("say hello"));
        assertThat(results(said, BOTH).problem()).isEqualTo("not-now");
        Sent asked = chats.finished(chats.chat("ask why?"));
        assertThat(results(asked, BOTH).status()).isEqualTo(409);
        assertThat(chat(asked).required("status").asString()).isEqualTo("waiting");
        assertThat(results(asked, "{\"taskId\":\"nothing\"," + BOTH.substring(1))
                        .problem())
                .isEqualTo("no-such-task");
        assertThat(results(new Sent("nowhere", "", 0), BOTH).problem()).isEqualTo("no-such-chat");
    }

    @Test
    void results_that_come_too_late_are_refused() throws Exception {
        start(EngineSettings.defaults().withAnswerWithin(Duration.ofMillis(1)));
        Sent asked = chats.chat("tools a b");
        var after = asked.offset();
        List<JsonNode> entries = chats.entries(asked, after);
        while (!entries.toString().contains("TASK_STATE_FAILED")) {
            after = entries.isEmpty()
                    ? after
                    : entries.getLast().required("offset").asLong();
            entries = chats.entries(asked, after);
        }
        Answer late = results(asked, BOTH);
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.problem()).isEqualTo("not-now");
    }

    @Test
    void an_interrupt_answers_the_open_calls() throws Exception {
        Sent asked = asked();
        chats.post("/chats/" + asked.chat() + ":interrupt", "");
        assertThat(lastMessage(asked).required("parts").toString())
                .isEqualTo("[{\"data\":{\"toolResults\":["
                        + "{\"id\":\"id-a\",\"error\":\"interrupted before it gave a result\"},"
                        + "{\"id\":\"id-b\",\"error\":\"interrupted before it gave a result\"}]}}]");
        assertThat(chat(asked).required("status").asString()).isEqualTo("idle");
        assertThat(results(asked, BOTH).problem()).isEqualTo("not-now");
    }
}
