package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.EngineSettings;
import dev.millrace.server.chat.ChatFixture.Answer;
import dev.millrace.server.chat.ChatFixture.Sent;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The queue, editing, keeping and watching of chats, over HTTP. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ChatConversationTest {
    private static final JsonMapper JSON = new JsonMapper();

    @Parameter
    Stores stores;

    @TempDir
    Path folder;

    ChatFixture chats;

    @BeforeEach
    void start() throws Exception {
        chats = new ChatFixture(stores.open(folder), EngineSettings.defaults());
    }

    @AfterEach
    void stop() {
        chats.close();
    }

    private Answer call(String method, String path, String body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(chats.uri(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return chats.send(
                body.isEmpty()
                        ? request.method(method, BodyPublishers.noBody())
                        : request.header("Content-Type", "application/json")
                                .method(method, BodyPublishers.ofString(body)));
    }

    private static List<String> texts(JsonNode said) {
        return said.valueStream()
                .map(m -> m.required("message")
                        .required("parts")
                        .get(0)
                        .required("text")
                        .asString())
                .toList();
    }

    private List<String> messages(String chat) throws Exception {
        return texts(chats.get("/chats/" + chat + "/messages").json().required("messages"));
    }

    private List<String> queue(String chat) throws Exception {
        return texts(chats.get("/chats/" + chat + "/queue").json().required("queue"));
    }

    private Sent held(Sent chat) throws Exception {
        chats.agent.held.acquire();
        return chat;
    }

    @Test
    void what_waits_can_be_changed_moved_taken_back_and_promoted() throws Exception {
        Sent first = held(chats.chat("hold one"));
        Sent b = chats.next(first, "say b");
        Sent c = chats.next(first, "say c");
        Sent d = chats.next(first, "say d");
        String queue = "/chats/" + first.chat() + "/queue";

        Answer ordered =
                call("PUT", queue, "{\"taskIds\":[\"%s\",\"%s\",\"%s\"]}".formatted(d.task(), b.task(), c.task()));
        assertThat(ordered.status()).as(ordered.text()).isEqualTo(200);
        assertThat(texts(ordered.json().required("queue"))).containsExactly("say d", "say b", "say c");
        assertThat(call("PATCH", queue + "/" + b.task(), ChatFixture.message("say bee"))
                        .status())
                .isEqualTo(202);
        assertThat(call("DELETE", queue + "/" + d.task(), "").status()).isEqualTo(204);
        assertThat(queue(first.chat())).containsExactly("say bee", "say c");
        assertThat(call("PUT", queue, "{\"taskIds\":[\"" + b.task() + "\"]}").status())
                .isEqualTo(400);
        assertThat(call("PUT", queue, "{\"taskIds\":[1]}").get("field")).isEqualTo("taskIds[0]");

        Answer promoted = call("POST", queue + "/" + c.task() + ":promote", "", "Idempotency-Key", "p");
        assertThat(promoted.status()).as(promoted.text()).isEqualTo(202);
        Answer again = call("POST", queue + "/" + c.task() + ":promote", "", "Idempotency-Key", "p");
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.text()).isEqualTo(promoted.text());
        chats.finished(b);
        assertThat(messages(first.chat())).containsExactly("hold one", "say c", "c", "say bee", "bee");
        assertThat(call("POST", queue + "/" + c.task() + ":promote", "").problem())
                .isEqualTo("not-now");
        assertThat(call("DELETE", queue + "/nothing", "").status()).isIn(404, 409);
    }

    @Test
    void an_edit_is_told_in_the_stream_and_a_reader_of_both_ends_the_same() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        chats.finished(chats.next(first, "say two"));
        String messageId = chats.get("/chats/" + first.chat() + "/messages?limit=2")
                .json()
                .required("messages")
                .get(0)
                .required("message")
                .required("messageId")
                .asString();
        Answer edited = call(
                "PATCH",
                "/chats/" + first.chat() + "/messages/" + messageId,
                ChatFixture.message("say 2"),
                "Idempotency-Key",
                "e");
        assertThat(edited.status()).as(edited.text()).isEqualTo(202);
        assertThat(edited.json().required("queued").asBoolean()).isFalse();
        var sent = new Sent(first.chat(), edited.get("taskId"), 0);
        List<JsonNode> entries = chats.entries(sent, 0);
        assertThat(messages(first.chat())).containsExactly("say one", "one", "say 2", "2");
        JsonNode rewound = entries.stream()
                .map(entry -> entry.required("event"))
                .filter(event -> event.has("rewound"))
                .findFirst()
                .orElseThrow()
                .required("rewound");
        assertThat(rewound.required("messageId").asString()).isEqualTo(messageId);
        assertThat(rewound.required("tasks").get(0).required("gone").asBoolean())
                .isTrue();
        assertThat(call("PATCH", "/chats/" + first.chat() + "/messages/nothing", ChatFixture.message("say 3"))
                        .problem())
                .isEqualTo("no-such-message");
    }

    @Test
    void a_message_may_interrupt_and_says_that_it_runs() throws Exception {
        Sent first = held(chats.chat("hold one"));
        Answer sent = call(
                "POST",
                "/chats/" + first.chat() + "/messages",
                ChatFixture.message("say now").replaceFirst("\\{", "{\"busy\":\"interrupt\","));
        assertThat(sent.status()).as(sent.text()).isEqualTo(202);
        assertThat(sent.json().required("queued").asBoolean()).isFalse();
        chats.finished(new Sent(first.chat(), sent.get("taskId"), 0));
        assertThat(messages(first.chat())).containsExactly("hold one", "say now", "now");
        assertThat(call(
                                "POST",
                                "/chats/" + first.chat() + "/messages",
                                ChatFixture.message("x").replaceFirst("\\{", "{\"busy\":\"maybe\","))
                        .get("field"))
                .isEqualTo("busy");
    }

    @Test
    void a_page_tells_what_the_stream_told_beside_the_conversation() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        String path = "/chats/" + first.chat();
        chats.finished(chats.next(first, "fail today"));
        assertThat(call("POST", path + ":clear", "").status()).isEqualTo(200);
        JsonNode cleared = chats.get(path + "/messages").json();
        JsonNode failed = cleared.required("messages").get(2);
        assertThat(failed.required("state").asString()).isEqualTo("TASK_STATE_FAILED");
        assertThat(failed.required("note")
                        .required("parts")
                        .get(0)
                        .required("text")
                        .asString())
                .contains("today");
        assertThat(cleared.required("messages").get(1).has("note")).isFalse();
        long clearedAt = cleared.required("clearedAt").asLong();
        assertThat(cleared.required("offset").asLong()).isGreaterThanOrEqualTo(clearedAt);
        assertThat(cleared.has("forked")).isFalse();

        Answer again = call("POST", path + ":retry", "");
        assertThat(again.status()).as(again.text()).isEqualTo(202);
        // Or else it may fail while the next one waits for it, and hold that up.
        chats.finished(new Sent(first.chat(), again.get("taskId"), 0));
        chats.finished(chats.next(first, "say two"));
        JsonNode messages = chats.get(path + "/messages").json().required("messages");
        assertThat(messages.get(0).has("since")).isFalse();
        assertThat(messages.get(messages.size() - 1).required("since").asLong()).isEqualTo(clearedAt);

        String forked = call("POST", path + ":fork", "{}").get("id");
        JsonNode begin = chats.get("/chats/" + forked + "/messages").json();
        assertThat(begin.required("forked").required("chatId").asString()).isEqualTo(first.chat());
        JsonNode later = chats.get("/chats/" + forked + "/messages?limit=1").json();
        assertThat(later.has("forked")).isFalse();
    }

    @Test
    void a_failed_chat_says_so_and_is_tried_again() throws Exception {
        Sent failed = chats.finished(chats.chat("fail today"));
        assertThat(chats.get("/chats/" + failed.chat()).get("status")).isEqualTo("failed");
        Answer again = call("POST", "/chats/" + failed.chat() + ":retry", "");
        assertThat(again.status()).as(again.text()).isEqualTo(202);
        chats.finished(new Sent(failed.chat(), again.get("taskId"), 0));
        assertThat(messages(failed.chat())).containsExactly("fail today");
        chats.finished(chats.next(failed, "say fine"));
        assertThat(call("POST", "/chats/" + failed.chat() + ":retry", "").problem())
                .isEqualTo("not-now");
    }

    @Test
    void a_chat_is_forked_cleared_archived_and_deleted() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        chats.finished(chats.next(first, "say two"));
        Answer fork = call(
                "POST",
                "/chats/" + first.chat() + ":fork",
                "{\"messageId\":\"" + first.task() + "/answer\",\"title\":\"A fork\"}");
        assertThat(fork.status()).as(fork.text()).isEqualTo(201);
        assertThat(fork.get("title")).isEqualTo("A fork");
        assertThat(messages(fork.get("id"))).containsExactly("say one", "one");
        assertThat(call("POST", "/chats/" + first.chat() + ":fork", "").status())
                .isEqualTo(201);
        assertThat(call("POST", "/chats/" + first.chat() + ":clear", "").status())
                .isEqualTo(200);

        String path = "/chats/" + first.chat();
        assertThat(call("PATCH", path, "{\"archived\":true}")
                        .json()
                        .required("archived")
                        .asBoolean())
                .isTrue();
        assertThat(call("POST", path + "/messages", ChatFixture.message("say no"))
                        .problem())
                .isEqualTo("archived");
        assertThat(chats.get("/chats?archived=true").json().required("total").asInt())
                .isEqualTo(1);
        assertThat(call("DELETE", path, "").status()).isEqualTo(204);
        assertThat(chats.get(path).status()).isEqualTo(404);
        assertThat(chats.get(path + "/stream").status()).isEqualTo(404);
    }

    @Test
    void chats_are_arranged_and_found() throws Exception {
        Sent mill = chats.finished(chats.chat("say mill"));
        Sent river = chats.finished(chats.chat("say river"));
        Answer arranged = call(
                "PATCH", "/chats/" + mill.chat(), "{\"title\":\"Wheels\",\"labels\":{\"team\":\"red\"},\"pin\":1}");
        assertThat(arranged.status()).as(arranged.text()).isEqualTo(200);
        assertThat(arranged.get("title")).isEqualTo("Wheels");
        assertThat(arranged.json().required("labels").required("team").asString())
                .isEqualTo("red");
        assertThat(ids("/chats")).containsExactly(mill.chat(), river.chat());
        assertThat(ids("/chats?label=team:red")).containsExactly(mill.chat());
        assertThat(ids("/chats?label=team:blue")).isEmpty();
        assertThat(ids("/chats?q=whee")).containsExactly(mill.chat());
        assertThat(ids("/chats?agent=mute")).isEmpty();
        assertThat(ids("/chats?unread=true")).hasSize(2);
        long last = chats.get("/chats/" + river.chat())
                .json()
                .required("lastOffset")
                .asLong();
        assertThat(call("PATCH", "/chats/" + river.chat(), "{\"readTo\":" + last + "}")
                        .json()
                        .required("unread")
                        .asBoolean())
                .isFalse();
        assertThat(ids("/chats?unread=true")).containsExactly(mill.chat());
        assertThat(call("PATCH", "/chats/" + mill.chat(), "{\"pin\":null}")
                        .json()
                        .has("pin"))
                .isFalse();
        for (String wrong : List.of(
                "{\"titel\":\"x\"}", "{\"pin\":-1}", "{\"labels\":{\"a:b\":\"c\"}}", "{\"archived\":1}", "[]")) {
            assertThat(call("PATCH", "/chats/" + mill.chat(), wrong).status())
                    .as(wrong)
                    .isEqualTo(400);
        }
        assertThat(chats.get("/chats?archived=maybe").get("parameter")).isEqualTo("archived");
        assertThat(chats.get("/chats?label=red").get("parameter")).isEqualTo("label");
    }

    private List<String> ids(String path) throws Exception {
        return chats.get(path)
                .json()
                .required("chats")
                .valueStream()
                .map(chat -> chat.required("id").asString())
                .toList();
    }

    /** Reads Server-Sent Events until it has been told of this kind of change of the chat. */
    private List<JsonNode> watchUntil(String query, String chat, String kind) throws Exception {
        HttpResponse<java.util.stream.Stream<String>> response = chats.client.send(
                HttpRequest.newBuilder(chats.uri("/chats:watch" + query)).build(), HttpResponse.BodyHandlers.ofLines());
        var seen = new ArrayList<JsonNode>();
        try (var lines = response.body()) {
            for (String line : (Iterable<String>) lines::iterator) {
                if (line.startsWith("data: ")) {
                    JsonNode change = JSON.readTree(line.substring(6));
                    seen.add(change);
                    if (change.required("chat").required("id").asString().equals(chat)
                            && change.required("kind").asString().equals(kind)) {
                        return seen;
                    }
                }
            }
        }
        throw new AssertionError("the watch ended: " + response);
    }

    @Test
    void who_watches_is_told_what_changed_while_away_each_chat_once_as_it_is() throws Exception {
        long offset = chats.get("/chats").json().required("offset").asLong();
        Sent a = chats.finished(chats.chat("say a"));
        Sent b = chats.finished(chats.chat("say b"));
        call("PATCH", "/chats/" + a.chat(), "{\"title\":\"Renamed\"}");
        call("DELETE", "/chats/" + b.chat(), "");

        List<JsonNode> seen = watchUntil("?after=" + offset, b.chat(), "deleted");
        assertThat(seen)
                .extracting(change -> change.required("kind").asString())
                .containsExactly("title", "deleted");
        assertThat(seen.getFirst().required("chat").required("title").asString())
                .isEqualTo("Renamed");
        long last = seen.getLast().required("offset").asLong();
        assertThat(chats.get("/chats").json().required("offset").asLong()).isEqualTo(last);
        assertThat(chats.get("/chats:watch?after=" + (last + 1)).get("parameter"))
                .isEqualTo("after");
    }

    @Test
    void who_watches_over_a_web_socket_sees_each_change_as_it_happens() throws Exception {
        var seen = new LinkedBlockingQueue<JsonNode>();
        URI uri = URI.create(chats.uri("/chats:watch").toString().replaceFirst("^http", "ws"));
        WebSocket socket = chats.client
                .newWebSocketBuilder()
                .buildAsync(uri, new WebSocket.Listener() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
                        text.append(data);
                        if (last) {
                            JSON.readTree(text.toString()).forEach(seen::add);
                            text.setLength(0);
                        }
                        ws.request(1);
                        return null;
                    }
                })
                .get(30, TimeUnit.SECONDS);
        Sent first = held(chats.chat("hold one"));
        until(seen, "running");
        chats.agent.go.release();
        assertThat(until(seen, "idle").required("chat").required("id").asString())
                .isEqualTo(first.chat());
        socket.abort();
    }

    private static JsonNode until(LinkedBlockingQueue<JsonNode> seen, String status) throws Exception {
        while (true) {
            JsonNode change = seen.poll(30, TimeUnit.SECONDS);
            assertThat(change).as("a change to " + status).isNotNull();
            if (change.required("chat").required("status").asString().equals(status)) {
                return change;
            }
        }
    }

    @Test
    void somebody_elses_changes_and_chats_are_nobody_elses() throws Exception {
        Sent mine = chats.finished(chats.chat("say mine"));
        for (String[] request : new String[][] {
            {"PATCH", "", "{\"title\":\"x\"}"},
            {"DELETE", "", ""},
            {"GET", "/queue", ""},
            {"POST", ":clear", ""},
            {"POST", ":fork", ""},
            {"POST", ":retry", ""},
            {"PATCH", "/messages/x", ChatFixture.message("a")},
            {"POST", "/queue/" + mine.task() + ":promote", ""},
            {"DELETE", "/queue/" + mine.task(), ""}
        }) {
            Answer answer = call(request[0], "/chats/" + mine.chat() + request[1], request[2], "X-Owner", "mallory");
            assertThat(answer.status()).as(answer.text()).isEqualTo(404);
            assertThat(answer.problem()).isEqualTo("no-such-chat");
        }
        assertThat(messages(mine.chat())).containsExactly("say mine", "mine");
    }

    @Test
    void what_a_chat_and_all_of_them_took_is_told() throws Exception {
        Sent first = chats.finished(chats.chat("use 7 3"));
        chats.finished(chats.chat("use 1 1"));
        JsonNode one = chats.get("/chats/" + first.chat() + "/usage").json();
        assertThat(one.required("inputTokens").asLong()).isEqualTo(7);
        assertThat(one.required("outputTokens").asLong()).isEqualTo(3);
        assertThat(one.required("workedMs").asLong()).isNotNegative();
        assertThat(chats.get("/usage").json().required("inputTokens").asLong()).isEqualTo(8);
        assertThat(chats.get("/chats/nowhere/usage").problem()).isEqualTo("no-such-chat");
    }

    @Test
    void to_compact_is_refused_with_what_to_do_instead() throws Exception {
        Sent first = chats.finished(chats.chat("say a"));
        Answer refused = call("POST", "/chats/" + first.chat() + ":compact", "");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem()).isEqualTo("cannot-compact");
        assertThat(refused.get("detail")).contains("\"script\"").contains(":clear");
        assertThat(call("POST", "/chats/nowhere:compact", "").problem()).isEqualTo("no-such-chat");
    }

    @Test
    void each_post_with_a_key_is_done_once_and_refuses_the_key_to_another_request() throws Exception {
        Sent failed = chats.finished(chats.chat("fail now"));
        String chat = "/chats/" + failed.chat();
        Answer retried = chats.post(chat + ":retry", "", "Idempotency-Key", "r");
        assertThat(retried.status()).as(retried.text()).isEqualTo(202);
        Answer again = chats.post(chat + ":retry", "", "Idempotency-Key", "r");
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.get("taskId")).isEqualTo(retried.get("taskId"));
        chats.finished(new Sent(failed.chat(), retried.get("taskId"), 0));

        String fork = chats.post(chat + ":fork", "{}", "Idempotency-Key", "f").get("id");
        assertThat(chats.post(chat + ":fork", "{}", "Idempotency-Key", "f").get("id"))
                .isEqualTo(fork);
        assertThat(chats.post(chat + ":fork", "{\"title\":\"x\"}", "Idempotency-Key", "f")
                        .status())
                .isEqualTo(422);
        for (String action : List.of(":interrupt", ":clear")) {
            assertThat(chats.post(chat + action, "", "Idempotency-Key", "r").problem())
                    .as(action)
                    .isEqualTo("idempotency-key-reused");
            String first = chats.post(chat + action, "", "Idempotency-Key", "k" + action)
                    .text();
            long offset = chats.get(chat).json().required("lastOffset").asLong();
            Answer second = chats.post(chat + action, "", "Idempotency-Key", "k" + action);
            assertThat(second.status()).isEqualTo(200);
            assertThat(second.text()).isEqualTo(first);
            assertThat(chats.get(chat).json().required("lastOffset").asLong())
                    .as("nothing was done again")
                    .isEqualTo(offset);
        }
    }
}
