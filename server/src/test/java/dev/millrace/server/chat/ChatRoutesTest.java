package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.EngineSettings;
import dev.millrace.server.chat.ChatFixture.Answer;
import dev.millrace.server.chat.ChatFixture.Sent;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ChatRoutesTest {
    @Parameter
    Stores stores;

    @TempDir
    Path folder;

    ChatFixture chats;

    @BeforeEach
    void start() throws Exception {
        chats = new ChatFixture(stores.open(folder), EngineSettings.defaults().withMaxQueued(2));
    }

    @AfterEach
    void stop() {
        chats.close();
    }

    private String status(Sent chat) throws Exception {
        return chats.get("/chats/" + chat.chat()).get("status");
    }

    @Test
    void a_new_chat_answers_with_the_chat_its_task_and_where_to_read_on() throws Exception {
        Answer made = chats.post("/chats", ChatFixture.message("hold one two"));

        assertThat(made.status()).isEqualTo(201);
        assertThat(made.header("Content-Type")).isEqualTo("application/json");
        JsonNode chat = made.json().required("chat");
        String id = chat.required("id").asString();
        assertThat(made.header("Location")).isEqualTo("/api/v1/chats/" + id);
        assertThat(chat.required("title").asString()).isEqualTo("hold one two");
        assertThat(chat.required("agent").asString()).isEqualTo("script");
        assertThat(chat.required("status").asString()).isEqualTo("running");
        assertThat(chat.required("queued").asInt()).isZero();
        assertThat(chat.required("lastOffset").asLong())
                .isGreaterThanOrEqualTo(made.json().required("offset").asLong());
        assertThat(chat.required("createdAt").asString())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        assertThat(chat.required("updatedAt").asString())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");

        chats.agent.go.release(2);
        var sent = chats.finished(new Sent(id, made.get("taskId"), 0));
        assertThat(status(sent)).isEqualTo("idle");
    }

    @Test
    void a_chat_has_the_agent_and_title_that_were_asked_for() throws Exception {
        Answer made = chats.post("/chats", """
                {"agent":"mute","title":" Of quiet things ","message":{"messageId":"m1","role":"ROLE_USER",
                 "metadata":{"a":1},"parts":[{"data":{"k":[1,null]}},{"raw":"AAEC","mediaType":"image/x"},
                 {"url":"https://example.org/a","filename":"a"}]}}""");

        assertThat(made.status()).isEqualTo(201);
        assertThat(made.json().required("chat").required("agent").asString()).isEqualTo("mute");
        assertThat(made.json().required("chat").required("title").asString()).isEqualTo("Of quiet things");
        String id = made.json().required("chat").required("id").asString();
        JsonNode message = chats.get("/chats/" + id + "/messages")
                .json()
                .required("messages")
                .get(0)
                .required("message");
        assertThat(message.required("messageId").asString()).isEqualTo("m1");
        assertThat(message.required("metadata").toString()).isEqualTo("{\"a\":1}");
        assertThat(message.required("parts").toString())
                .isEqualTo("[{\"data\":{\"k\":[1,null]}},{\"raw\":\"AAEC\",\"mediaType\":\"image/x\"},"
                        + "{\"url\":\"https://example.org/a\",\"filename\":\"a\"}]");
    }

    @Test
    void chats_are_listed_newest_first_in_pages() throws Exception {
        var made = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            made.add(chats.finished(chats.chat("say " + i)).chat());
        }
        var listed = new ArrayList<String>();
        String after = "";
        do {
            JsonNode page = chats.get("/chats?limit=2" + after).json();
            assertThat(page.required("total").asInt()).isEqualTo(5);
            page.required("chats")
                    .forEach(chat -> listed.add(chat.required("id").asString()));
            after = page.has("next") ? "&after=" + page.get("next").asString() : null;
        } while (after != null);

        // Several may have changed in the same millisecond, so the order is asked of the times, not of the ids.
        assertThat(listed).hasSize(5).containsExactlyInAnyOrderElementsOf(made);
        var times = new ArrayList<String>();
        chats.get("/chats")
                .json()
                .required("chats")
                .forEach(c -> times.add(c.get("updatedAt").asString()));
        assertThat(times).isSortedAccordingTo(Comparator.reverseOrder());
    }

    @Test
    void messages_are_listed_in_order_with_their_tasks_and_page_both_ways() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        Sent second = chats.finished(chats.next(first, "say two"));
        Sent third = chats.finished(chats.next(first, "say three"));
        String path = "/chats/" + first.chat() + "/messages";

        JsonNode all = chats.get(path).json();
        assertThat(texts(all)).containsExactly("say one", "one", "say two", "two", "say three", "three");
        assertThat(all.required("messages")
                        .valueStream()
                        .map(m -> m.required("taskId").asString()))
                .containsExactly(first.task(), first.task(), second.task(), second.task(), third.task(), third.task());
        assertThat(all.required("messages").get(0).required("state").asString()).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(all.required("offset").asLong())
                .isEqualTo(chats.get("/chats/" + first.chat())
                        .json()
                        .required("lastOffset")
                        .asLong());
        assertThat(all.has("next")).isFalse();
        assertThat(all.has("previous")).isFalse();

        JsonNode newest = chats.get(path + "?limit=2").json();
        assertThat(texts(newest)).containsExactly("say three", "three");
        JsonNode middle = chats.get(
                        path + "?limit=2&before=" + newest.get("previous").asString())
                .json();
        assertThat(texts(middle)).containsExactly("say two", "two");
        JsonNode onward = chats.get(
                        path + "?limit=1&after=" + middle.get("next").asString().replace("/", "%2F"))
                .json();
        assertThat(texts(onward)).containsExactly("say three");

        assertThat(chats.get(path + "?before=nothing").get("parameter")).isEqualTo("before");
        assertThat(chats.get(path + "?before=a&after=b").status()).isEqualTo(400);
    }

    private static List<String> texts(JsonNode page) {
        return page.required("messages")
                .valueStream()
                .map(m -> m.required("message")
                        .required("parts")
                        .get(0)
                        .required("text")
                        .asString())
                .toList();
    }

    @Test
    void a_message_to_a_busy_chat_queues_and_is_answered_in_its_turn() throws Exception {
        Sent first = chats.chat("hold one");
        chats.agent.held.acquire();
        Answer second = chats.post("/chats/" + first.chat() + "/messages", ChatFixture.message("say two"));

        assertThat(second.status()).isEqualTo(202);
        assertThat(second.json().required("queued").asBoolean()).isTrue();
        assertThat(second.get("state")).isEqualTo("TASK_STATE_SUBMITTED");
        JsonNode chat = chats.get("/chats/" + first.chat()).json();
        assertThat(chat.required("status").asString()).isEqualTo("running");
        assertThat(chat.required("queued").asInt()).isEqualTo(1);

        chats.agent.go.release();
        chats.finished(new Sent(first.chat(), second.get("taskId"), 0));
        assertThat(texts(chats.get("/chats/" + first.chat() + "/messages").json()))
                .containsExactly("hold one", "one", "say two", "two");
    }

    @Test
    void a_message_to_an_idle_chat_starts_at_once() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        Answer second = chats.post("/chats/" + first.chat() + "/messages", ChatFixture.message("hold two"));

        assertThat(second.json().required("queued").asBoolean()).isFalse();
        assertThat(second.get("state")).isEqualTo("TASK_STATE_WORKING");
        chats.agent.go.release();
    }

    @Test
    void a_full_queue_says_when_to_come_back() throws Exception {
        Sent first = chats.chat("hold one");
        chats.agent.held.acquire();
        chats.next(first, "say two");
        chats.next(first, "say three");
        Answer refused = chats.post("/chats/" + first.chat() + "/messages", ChatFixture.message("say four"));

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.problem()).isEqualTo("queue-full");
        assertThat(refused.header("Retry-After")).isEqualTo("5");
        chats.agent.go.release();
    }

    @Test
    void an_interrupt_stops_what_runs_and_the_queue_goes_on() throws Exception {
        Sent first = chats.chat("hold one two");
        chats.agent.held.acquire();
        chats.agent.go.release();
        chats.agent.held.acquire();
        Sent second = chats.next(first, "say next");

        Answer stopped = chats.post("/chats/" + first.chat() + ":interrupt", "");
        assertThat(stopped.status()).isEqualTo(200);
        assertThat(stopped.text()).isEqualTo("{\"interrupted\":true}");
        chats.finished(second);
        JsonNode messages = chats.get("/chats/" + first.chat() + "/messages").json();
        assertThat(texts(messages)).containsExactly("hold one two", "one ", "say next", "next");
        assertThat(messages.required("messages").get(0).get("state").asString()).isEqualTo("TASK_STATE_CANCELED");

        assertThat(chats.post("/chats/" + first.chat() + ":interrupt", "").text())
                .isEqualTo("{\"interrupted\":false}");
    }

    @Test
    void a_waiting_task_is_answered_by_its_id_and_only_then() throws Exception {
        Sent asked = chats.finished(chats.chat("ask who?"));
        assertThat(status(asked)).isEqualTo("waiting");

        String answer = "{\"message\":{\"taskId\":\"" + asked.task() + "\",\"parts\":[{\"text\":\"say me\"}]}}";
        Answer answered = chats.post("/chats/" + asked.chat() + "/messages", answer);
        assertThat(answered.status()).isEqualTo(202);
        assertThat(answered.get("taskId")).isEqualTo(asked.task());
        chats.entries(asked, answered.json().required("offset").asLong());
        assertThat(status(asked)).isEqualTo("idle");
        assertThat(texts(chats.get("/chats/" + asked.chat() + "/messages").json()))
                .containsExactly("ask who?", "who?", "say me", "me");

        Answer late = chats.post("/chats/" + asked.chat() + "/messages", answer);
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.problem()).isEqualTo("not-now");
        Sent other = chats.chat("say hi");
        assertThat(chats.post("/chats/" + other.chat() + "/messages", answer).get("field"))
                .isEqualTo("message.taskId");
        Answer unknown =
                chats.post("/chats/" + other.chat() + "/messages", answer.replace(asked.task(), "no-such-task-there"));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.problem()).isEqualTo("no-such-task");
    }

    @Test
    void a_chat_that_waits_for_credentials_waits() throws Exception {
        assertThat(status(chats.finished(chats.chat("login please")))).isEqualTo("waiting");
    }

    @Test
    void the_same_key_and_request_give_the_same_answer_again() throws Exception {
        String body = ChatFixture.message("say once");
        Answer first = chats.post("/chats", body, "Idempotency-Key", "k1");
        Answer again = chats.post("/chats", body, "Idempotency-Key", "k1");

        assertThat(again.status()).isEqualTo(first.status()).isEqualTo(201);
        assertThat(again.get("taskId")).isEqualTo(first.get("taskId"));
        assertThat(again.get("offset")).isEqualTo(first.get("offset"));
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(first.header("Idempotency-Replayed")).isEmpty();
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(chats.get("/chats").json().required("total").asInt()).isEqualTo(1);

        Answer other = chats.post("/chats", ChatFixture.message("say twice"), "Idempotency-Key", "k1");
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.problem()).isEqualTo("idempotency-key-reused");
        assertThat(chats.post("/chats", body.replaceFirst("\\{", "{\"agent\":\"mute\","), "Idempotency-Key", "k1")
                        .status())
                .isEqualTo(422);
    }

    @Test
    void a_message_under_the_same_key_is_sent_once_and_its_answer_stays_the_same() throws Exception {
        Sent chat = chats.chat("hold one");
        chats.agent.held.acquire();
        String path = "/chats/" + chat.chat() + "/messages";
        Answer first = chats.post(path, ChatFixture.message("say two"), "Idempotency-Key", "k2");
        Answer again = chats.post(path, ChatFixture.message("say two"), "Idempotency-Key", "k2");
        chats.agent.go.release();
        chats.finished(new Sent(chat.chat(), first.get("taskId"), 0));
        Answer late = chats.post(path, ChatFixture.message("say two"), "Idempotency-Key", "k2");

        assertThat(List.of(again.status(), late.status())).containsOnly(202);
        assertThat(List.of(again.text(), late.text())).containsOnly(first.text());
        assertThat(late.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(texts(chats.get(path).json())).containsExactly("hold one", "one", "say two", "two");
    }

    @Test
    void a_key_that_is_no_key_is_told() throws Exception {
        for (String key : List.of("with space", "k".repeat(256), "")) {
            Answer refused = chats.post("/chats", ChatFixture.message("say"), "Idempotency-Key", key);
            assertThat(refused.status()).as(key).isEqualTo(400);
            assertThat(refused.problem()).isEqualTo("invalid-header");
        }
    }

    @Test
    void a_message_id_that_was_sent_before_is_not_sent_again() throws Exception {
        Sent chat = chats.finished(chats.chat("say one"));
        String body = "{\"message\":{\"messageId\":\"mine\",\"parts\":[{\"text\":\"say two\"}]}}";
        Answer first = chats.post("/chats/" + chat.chat() + "/messages", body);
        Answer again = chats.post("/chats/" + chat.chat() + "/messages", body);

        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
    }

    @Test
    void agents_are_listed_with_the_default() throws Exception {
        assertThat(chats.get("/agents").text())
                .isEqualTo("{\"agents\":[{\"name\":\"script\",\"description\":\"Does what it is told.\"},"
                        + "{\"name\":\"mute\",\"description\":\"Says nothing.\"}],\"default\":\"script\"}");
    }

    @Test
    void what_is_somebody_elses_does_not_exist() throws Exception {
        Sent chat = chats.chat("say secret");
        List<HttpRequest.Builder> requests = List.of(
                HttpRequest.newBuilder(chats.uri("/chats/" + chat.chat())),
                HttpRequest.newBuilder(chats.uri("/chats/" + chat.chat() + "/messages")),
                HttpRequest.newBuilder(chats.uri("/chats/" + chat.chat() + "/stream")),
                HttpRequest.newBuilder(chats.uri("/chats/" + chat.chat() + ":interrupt"))
                        .POST(HttpRequest.BodyPublishers.noBody()),
                HttpRequest.newBuilder(chats.uri("/chats/" + chat.chat() + "/messages"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(ChatFixture.message("say hi"))));
        for (HttpRequest.Builder request : requests) {
            Answer answer = chats.send(request.header("X-Owner", "mallory"));
            assertThat(answer.status()).as(answer.text()).isEqualTo(404);
            assertThat(answer.problem()).isEqualTo("no-such-chat");
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        }
        assertThat(chats.send(HttpRequest.newBuilder(chats.uri("/chats")).header("X-Owner", "mallory"))
                        .text())
                .isEqualTo("{\"chats\":[],\"total\":0,\"offset\":0}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"message":{"parts":[{"text":"a"}]},"titel":"x"}                     | titel
            {"message":{"parts":[]}}                                             | message.parts
            {"message":{}}                                                       | message.parts
            {"message":{"parts":[{"text":"a"},{}]}}                              | message.parts[1]
            {"message":{"parts":[{"text":1}]}}                                   | message.parts[0].text
            {"message":{"role":"ROLE_AGENT","parts":[{"text":"a"}]}}             | message.role
            {"message":{"contextId":"c","parts":[{"text":"a"}]}}                 | message.contextId
            {"message":{"taskId":"t","parts":[{"text":"a"}]}}                    | message.taskId
            {"message":"hello"}                                                  | message
            {}                                                                   | message
            {"message":{"parts":[{"text":"a"}]},"title":" "}                     | title
            {"message":{"parts":[{"text":"a"}]},"title":7}                       | title
            {"message":{"parts":[{"text":"a"}]},"agent":"nobody"}                | agent
            []                                                                   | ``
            """)
    void a_wrong_field_is_told_by_its_path(String body, String field) throws Exception {
        Answer refused = chats.post("/chats", body);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.get("field")).isEqualTo(field);
        assertThat(refused.get("detail")).contains(field.equals("agent") ? "nobody" : field);
        assertThat(chats.get("/chats").json().required("total").asInt()).isZero();
    }

    @Test
    void a_title_and_an_agent_belong_to_new_chats_alone() throws Exception {
        Sent chat = chats.chat("say one");
        for (String field : List.of("title", "agent")) {
            Answer refused = chats.post(
                    "/chats/" + chat.chat() + "/messages",
                    ChatFixture.message("say two").replaceFirst("\\{", "{\"" + field + "\":\"x\","));
            assertThat(refused.get("field")).isEqualTo(field);
        }
        Answer elsewhere = chats.post(
                "/chats/" + chat.chat() + "/messages",
                "{\"message\":{\"contextId\":\"other\",\"parts\":[{\"text\":\"a\"}]}}");
        assertThat(elsewhere.get("field")).isEqualTo("message.contextId");
    }

    @Test
    void malformed_json_is_told_by_line_and_column() throws Exception {
        Answer refused = chats.post("/chats", "{\"message\":\n  {\"parts\": nonsense}}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem()).isEqualTo("malformed-json");
        assertThat(refused.json().required("line").asInt()).isEqualTo(2);
        assertThat(refused.json().required("column").asInt()).isPositive();
        assertThat(chats.post("/chats", "").problem()).isEqualTo("malformed-json");
    }

    @Test
    void only_json_in_utf_8_is_taken() throws Exception {
        for (String type : List.of("text/plain", "application/jsonp", "application/json; charset=iso-8859-1")) {
            Answer refused = chats.send(HttpRequest.newBuilder(chats.uri("/chats"))
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(ChatFixture.message("say"))));
            assertThat(refused.status()).as(type).isEqualTo(415);
            assertThat(refused.header("Accept-Post")).isEqualTo("application/json");
        }
        Answer none = chats.send(HttpRequest.newBuilder(chats.uri("/chats"))
                .POST(HttpRequest.BodyPublishers.ofString(ChatFixture.message("say"))));
        assertThat(none.status()).isEqualTo(415);
        Answer taken = chats.send(HttpRequest.newBuilder(chats.uri("/chats"))
                .header("Content-Type", "Application/JSON; Charset=\"UTF-8\"")
                .POST(HttpRequest.BodyPublishers.ofString(ChatFixture.message("say"))));
        assertThat(taken.status()).isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource({
        "/chats?limit=0, limit",
        "/chats?limit=101, limit",
        "/chats?limit=x, limit",
        "/chats?limit=+5, limit",
    })
    void a_wrong_parameter_is_told_by_its_name(String path, String parameter) throws Exception {
        Answer refused = chats.get(path);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem()).isEqualTo("invalid-parameter");
        assertThat(refused.get("parameter")).isEqualTo(parameter);
    }

    @Test
    void a_server_that_stops_says_so() throws Exception {
        Sent chat = chats.finished(chats.chat("say one"));
        chats.engine.close();
        Answer refused = chats.post("/chats/" + chat.chat() + "/messages", ChatFixture.message("say two"));

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem()).isEqualTo("unavailable");
        assertThat(refused.header("Retry-After")).isEqualTo("2");
    }

    @Test
    void an_agent_that_fails_leaves_its_chat_usable() throws Exception {
        Sent failed = chats.finished(chats.chat("fail today"));
        assertThat(chats.get("/chats/" + failed.chat() + "/messages")
                        .json()
                        .required("messages")
                        .get(0)
                        .get("state")
                        .asString())
                .isEqualTo("TASK_STATE_FAILED");
        assertThat(status(failed)).isEqualTo("failed");
        chats.finished(chats.next(failed, "say better"));
        assertThat(status(failed)).isEqualTo("idle");
    }

    @Test
    void fifty_chats_at_once_keep_their_answers_apart() throws Exception {
        Set<Thread> threads = new HashSet<>();
        var wrong = new ConcurrentLinkedQueue<String>();
        for (int i = 0; i < 50; i++) {
            String words = "a" + i + " b" + i + " c" + i;
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    Sent sent = chats.finished(chats.chat("say " + words));
                    List<String> texts = texts(
                            chats.get("/chats/" + sent.chat() + "/messages").json());
                    if (!texts.equals(List.of("say " + words, words))) {
                        wrong.add(words + " got " + texts);
                    }
                } catch (Exception | AssertionError e) {
                    wrong.add(words + " failed: " + e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isEmpty();
        assertThat(chats.get("/chats").json().required("total").asInt()).isEqualTo(50);
    }
}
