package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A conversation that was held elsewhere goes on here. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class EarlierTest extends WithEngine {
    private static final List<Message> EARLIER = List.of(
            Message.agent("g", "hello"),
            Message.user("a", "one"),
            Message.agent("b", "two"),
            Message.agent("c", "three"),
            Message.user("d", "four"));

    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    @BeforeEach
    void begin() throws Exception {
        store = kind.open(folder);
        start(turn -> turn.say(turn.history().stream()
                .map(said -> (said.role() == Role.USER ? "U:" : "A:") + said.text())
                .collect(Collectors.joining(" "))));
    }

    private Sent after(List<Message> earlier) {
        return engine.send(
                Send.chat(ME, null, Message.user(engine.newId(), "five"), "t").after(earlier));
    }

    private List<String> said(String contextId) {
        return engine.chats().messages(ME, contextId, null, null, 100).messages().stream()
                .map(said -> said.message().text())
                .toList();
    }

    @Test
    void the_agent_is_told_what_was_said_before_in_order() throws Exception {
        Sent sent = after(EARLIER);
        assertThat(answer(ended(sent))).isEqualTo("A:hello U:one A:two A:three U:four");
        assertThat(said(sent.contextId()))
                .containsExactly("hello", "one", "two", "three", "four", "five", "A:hello U:one A:two A:three U:four");
    }

    @Test
    void it_goes_on_and_is_forked_and_found_like_any_other() throws Exception {
        Sent sent = after(EARLIER);
        ended(sent);
        Sent next = engine.send(Send.next(ME, Message.user("n", "six").in(sent.contextId(), null)));
        assertThat(answer(ended(next))).endsWith("U:five A:A:hello U:one A:two A:three U:four");

        String copy = engine.chats().fork(ME, sent.contextId(), null, "copy", RequestKey.NONE);
        assertThat(said(copy)).isEqualTo(said(sent.contextId()));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(engine.chats()
                                .list(new ContextQuery(ME, "three", Map.of(), null, null, null, false, null, 10, null))
                                .items())
                        .extracting(standing -> standing.context().id())
                        .contains(sent.contextId()));
    }

    @Test
    void it_can_only_begin_a_new_conversation() throws Exception {
        Sent sent = after(List.of());
        ended(sent);
        assertThatThrownBy(() ->
                        engine.send(Send.next(ME, Message.user("n", "six").in(sent.contextId(), null))
                                .after(EARLIER)))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.INVALID));
    }
}
