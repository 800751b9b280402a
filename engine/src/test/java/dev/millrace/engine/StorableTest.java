package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Message;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What one store could not keep is refused by each of them, and what is said is kept by each of them. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class StorableTest extends WithEngine {
    private static final String NUL = "a\0b";

    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    @BeforeEach
    void begin() throws Exception {
        store = kind.open(folder);
        start(WithEngine::echo);
    }

    private static Message hello() {
        return Message.user("m", "hello");
    }

    private static TaskQuery tasks(@Nullable String agent, @Nullable String contextId, @Nullable String after) {
        return new TaskQuery(ME, agent, contextId, null, null, 10, after);
    }

    private static ContextQuery contexts(
            Map<String, String> labels, @Nullable String parentId, @Nullable String after) {
        return new ContextQuery(ME, null, labels, null, null, null, false, parentId, 10, after);
    }

    private Map<String, ThrowingCallable> calls(String id, Sent chat) {
        Chats chats = engine.chats();
        String context = chat.contextId();
        var key = new RequestKey(id, "print");
        RequestKey none = RequestKey.NONE;
        var calls = new LinkedHashMap<String, ThrowingCallable>();
        calls.put("a message id", () -> engine.send(Send.chat(ME, null, Message.user(id, "hello"), null)));
        calls.put("a new context", () -> engine.send(Send.task(ME, null, hello().in(id, null))));
        calls.put("a chat to go on with", () -> engine.send(Send.next(ME, hello().in(id, null))));
        calls.put("a task to answer", () -> engine.send(Send.next(ME, hello().in(context, id))));
        calls.put("a key", () -> engine.send(Send.chat(ME, null, hello(), null).withKey(id, "print")));
        calls.put("a title", () -> engine.send(Send.chat(ME, null, hello(), id)));
        calls.put(
                "a whole", () -> engine.send(Send.chat(ME, null, hello(), null).under(id)));
        calls.put("a task", () -> engine.task(ME, id));
        calls.put("a task to cancel", () -> engine.cancel(ME, id));
        calls.put("tasks of a context", () -> engine.tasks(tasks(null, id, null)));
        calls.put("tasks of an agent", () -> engine.tasks(tasks(id, null, null)));
        calls.put("tasks of a page", () -> engine.tasks(tasks(null, null, "1.1:" + id)));
        calls.put("a context", () -> engine.context(ME, id));
        calls.put("a standing", () -> engine.standing(ME, id));
        calls.put("a journal", () -> engine.read(id, 0));
        calls.put("chats with a label", () -> chats.list(contexts(Map.of("l", id), null, null)));
        calls.put("chats with a label's name", () -> chats.list(contexts(Map.of(id, "l"), null, null)));
        calls.put("parts", () -> chats.list(contexts(Map.of(), id, null)));
        calls.put("chats of a page", () -> chats.list(contexts(Map.of(), null, "~2026-01-01T00:00:00Z~" + id)));
        calls.put("messages", () -> chats.messages(ME, id, null, null, 10));
        calls.put("messages before", () -> chats.messages(ME, context, id, null, 10));
        calls.put("messages after", () -> chats.messages(ME, context, null, id, 10));
        calls.put("a queue", () -> chats.queue(ME, id));
        calls.put("a state", () -> chats.state(ME, id));
        calls.put("usage", () -> chats.usage(ME, id));
        calls.put("an edit", () -> chats.edit(ME, context, id, hello(), none));
        calls.put("an edit's message", () -> chats.edit(ME, context, "m1", Message.user(id, "x"), none));
        calls.put("an edit of the queue", () -> chats.editQueued(ME, context, id, hello(), none));
        calls.put("a delete of the queue", () -> chats.deleteQueued(ME, context, id));
        calls.put("a promotion", () -> chats.promote(ME, context, id, none));
        calls.put("an order", () -> chats.reorder(ME, context, List.of(id)));
        calls.put("an interrupt", () -> chats.interrupt(ME, id, none));
        calls.put("an interrupt's key", () -> chats.interrupt(ME, context, key));
        calls.put("a retry", () -> chats.retry(ME, id, none));
        calls.put("a clear", () -> chats.clear(ME, id, none));
        calls.put("a fork", () -> chats.fork(ME, id, null, null, none));
        calls.put("a fork's message", () -> chats.fork(ME, context, id, null, none));
        calls.put("a fork's title", () -> chats.fork(ME, context, null, id, none));
        calls.put("a fork's key", () -> chats.fork(ME, context, null, null, key));
        calls.put("a new title", () -> chats.arrange(ME, context, new Arrangement(id, null, null, null, null)));
        calls.put(
                "new labels",
                () -> chats.arrange(ME, context, new Arrangement(null, Map.of("l", id), null, null, null)));
        calls.put("to be archived", () -> chats.arrange(ME, id, Arrangement.archived(true)));
        calls.put("to be deleted", () -> chats.delete(ME, id));
        return calls;
    }

    @Test
    void what_no_store_could_keep_is_invalid_wherever_it_comes_from() throws Exception {
        Sent chat = chat("hello");
        readToEnd(chat, 0);
        var softly = new SoftAssertions();
        for (String id : List.of(NUL, "\0", "half \ud83d")) {
            calls(id, chat)
                    .forEach((name, call) -> softly.assertThatThrownBy(call)
                            .as(name)
                            .isInstanceOfSatisfying(
                                    Refused.class,
                                    r -> softly.assertThat(r.reason())
                                            .as("%s: %s", name, r.getMessage())
                                            .isEqualTo(Refused.Reason.INVALID)));
        }
        softly.assertAll();
        assertThatThrownBy(() -> engine.task(ME, NUL))
                .hasMessage("taskId: holds U+0000, which can't be stored here; leave it out");
        assertThat(engine.contexts(ME, 10, null).total())
                .as("nothing was made of it")
                .isEqualTo(1);
    }

    @Test
    void what_is_said_is_kept_with_every_character_that_it_has_and_is_found_by_its_words() throws Exception {
        String said = "before\0after \u0001 \ud83d\ude00 grain";
        Sent chat = chat(said);
        readToEnd(chat, 0);
        assertThat(engine.chats().messages(ME, chat.contextId(), null, null, 10).messages())
                .extracting(each -> each.message().text())
                .containsExactly(said, said);
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        store.<Boolean>read(null, reader -> reader.unmerged(10).isEmpty()));
        for (String word : List.of("grain", "after")) {
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(engine.chats()
                                    .list(new ContextQuery(ME, word, Map.of(), null, null, null, false, null, 10, null))
                                    .total())
                            .as(word)
                            .isEqualTo(1));
        }
    }
}
