package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What a user does to a conversation, and what everybody sees of it. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ConversationTest extends WithEngine {
    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    private final Acting agent = new Acting();
    private Chats chats;

    @BeforeEach
    void begin() throws Exception {
        store = kind.open(folder);
        start(agent);
        chats = engine.chats();
    }

    private List<String> said(String contextId) {
        return texts(chats.messages(ME, contextId, null, null, 1000));
    }

    private static List<String> texts(MessagePage page) {
        return page.messages().stream().map(said -> said.message().text()).toList();
    }

    private List<String> queued(Sent chat) {
        return texts(chats.queue(ME, chat.contextId()));
    }

    private Sent held(Sent chat, String text) throws Exception {
        Sent sent = next(chat, text);
        agent.held(chat.contextId()).acquire();
        return sent;
    }

    private Sent heldChat(String text) throws Exception {
        Sent sent = chat(text);
        agent.held(sent.contextId()).acquire();
        return sent;
    }

    private Sent whole(Sent sent) throws Exception {
        readToEnd(sent, 0);
        return sent;
    }

    private String messageId(Sent chat, String text) {
        return chats.messages(ME, chat.contextId(), null, null, 1000).messages().stream()
                .filter(said -> said.message().text().equals(text))
                .findFirst()
                .orElseThrow()
                .message()
                .messageId();
    }

    private static void refused(Refused.Reason reason, Callable<?> call) {
        assertThatThrownBy(call::call)
                .isInstanceOfSatisfying(
                        Refused.class,
                        r -> assertThat(r.reason()).as(r.getMessage()).isEqualTo(reason));
    }

    /** The conversation as a reader makes it who has nothing but the journal. */
    private List<String> asAReaderSeesIt(String contextId) throws Exception {
        return new JournalReader(engine, ME, contextId).conversation();
    }

    @Test
    void the_order_is_that_of_the_events_and_the_agent_sees_what_its_earlier_turn_said() throws Exception {
        Sent asked = chat("ask which colour?");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        whole(answer(asked, "say red"));
        whole(next(asked, "say thanks"));

        assertThat(said(asked.contextId()))
                .containsExactly(
                        "ask which colour?",
                        "let me see",
                        "which colour?",
                        "say red",
                        "on red",
                        "say thanks",
                        "on thanks");
        assertThat(agent.told.get("say red")).containsExactly("ask which colour?", "let me see", "which colour?");
        assertThat(agent.told.get("say thanks"))
                .containsExactly("ask which colour?", "let me see", "which colour?", "say red", "on red");
        assertThat(asAReaderSeesIt(asked.contextId())).isEqualTo(said(asked.contextId()));
    }

    @Test
    void an_edit_takes_out_all_that_came_after_and_starts_anew() throws Exception {
        Sent first = whole(chat("say one"));
        Sent second = whole(next(first, "say two"));
        Sent running = held(first, "hold three");
        Sent waiting = next(first, "say four");

        Sent edited = chats.edit(
                ME, first.contextId(), messageId(first, "say two"), Message.user("new", "say 2"), RequestKey.NONE);
        whole(edited);

        assertThat(said(first.contextId())).containsExactly("say one", "on one", "say 2", "on 2");
        assertThat(agent.told.get("say 2")).containsExactly("say one", "on one");
        assertThat(queued(first)).isEmpty();
        assertThat(state(second)).as("what had ended stays as it was").isEqualTo(TaskState.COMPLETED);
        assertThat(state(running)).isEqualTo(TaskState.CANCELED);
        assertThat(state(waiting)).isEqualTo(TaskState.CANCELED);
        assertThat(asAReaderSeesIt(first.contextId())).isEqualTo(said(first.contextId()));
        agent.go(first.contextId()).release();
        await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
        assertThat(answer(task(running))).as("a lost turn writes nothing").isEqualTo("partly ");
        refused(Refused.Reason.NO_MESSAGE, () -> chats.messages(ME, first.contextId(), messageIdOf(second), null, 10));
        Consistency.check(store, ME);
    }

    private String messageIdOf(Sent sent) {
        return task(sent).history().getFirst().messageId();
    }

    @Test
    void an_edited_answer_leaves_what_was_said_before_it() throws Exception {
        Sent asked = chat("ask which colour?");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        whole(answer(asked, "say red"));

        Sent edited = chats.edit(
                ME, asked.contextId(), messageId(asked, "say red"), Message.user("new", "say blue"), RequestKey.NONE);
        whole(edited);

        assertThat(said(asked.contextId()))
                .containsExactly("ask which colour?", "let me see", "which colour?", "say blue", "on blue");
        assertThat(agent.told.get("say blue")).containsExactly("ask which colour?", "let me see", "which colour?");
        assertThat(asAReaderSeesIt(asked.contextId())).isEqualTo(said(asked.contextId()));
        assertThat(answer(task(asked))).as("the task itself is what it was").isEqualTo("on red");
    }

    @Test
    void edits_of_edits_and_of_what_waits_each_replace_what_is_there() throws Exception {
        Sent first = heldChat("hold one");
        Sent waiting = next(first, "say two");
        Sent stays = chats.edit(
                ME, first.contextId(), messageIdOf(waiting), Message.user("w2", "say zwei"), RequestKey.NONE);
        assertThat(stays.taskId()).as("what waits is replaced where it stands").isEqualTo(waiting.taskId());
        assertThat(queued(first)).containsExactly("say zwei");
        assertThat(said(first.contextId())).containsExactly("hold one", "partly ", "say zwei");

        chats.edit(ME, first.contextId(), messageIdOf(first), Message.user("e1", "say a"), RequestKey.NONE);
        Sent last = chats.edit(ME, first.contextId(), "e1", Message.user("e2", "say b"), RequestKey.NONE);
        whole(last);
        assertThat(said(first.contextId())).containsExactly("say b", "on b");
        assertThat(asAReaderSeesIt(first.contextId())).isEqualTo(said(first.contextId()));
        refused(
                Refused.Reason.NO_MESSAGE,
                () -> chats.edit(ME, first.contextId(), "e1", Message.user("e3", "say c"), RequestKey.NONE));
        refused(
                Refused.Reason.INVALID,
                () -> chats.edit(
                        ME, first.contextId(), messageId(first, "on b"), Message.user("e3", "say c"), RequestKey.NONE));
    }

    @Test
    void an_interrupting_message_keeps_the_order_of_the_users() throws Exception {
        Sent hello = heldChat("hold hello");
        next(hello, "say queued");
        Sent later = engine.send(
                Send.next(ME, Message.user("later", "say later queued").in(hello.contextId(), null))
                        .interrupting());
        whole(later);
        assertThat(state(hello)).isEqualTo(TaskState.CANCELED);
        assertThat(said(hello.contextId()))
                .as("and the partial answer stays")
                .containsExactly(
                        "hold hello", "partly ", "say queued", "on queued", "say later queued", "on later queued");
    }

    @Test
    void the_queue_can_be_edited_reordered_promoted_and_deleted_from() throws Exception {
        Sent first = heldChat("hold one");
        Sent b = next(first, "say b");
        Sent c = next(first, "say c");
        Sent d = next(first, "say d");
        chats.reorder(ME, first.contextId(), List.of(d.taskId(), b.taskId(), c.taskId()));
        assertThat(queued(first)).containsExactly("say d", "say b", "say c");
        chats.editQueued(ME, first.contextId(), b.taskId(), Message.user("b2", "say bb"), RequestKey.NONE);
        chats.deleteQueued(ME, first.contextId(), d.taskId());
        assertThat(queued(first)).containsExactly("say bb", "say c");
        assertThat(task(d).status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(task(b).history()).extracting(Message::text).containsExactly("say bb");
        Sent e = next(first, "say e");

        chats.promote(ME, first.contextId(), c.taskId(), RequestKey.NONE);
        whole(e);

        assertThat(state(first)).isEqualTo(TaskState.CANCELED);
        List<String> order = List.of("hold one", "partly ", "say c", "on c", "say bb", "on bb", "say e", "on e");
        assertThat(said(first.contextId())).isEqualTo(order);
        assertThat(asAReaderSeesIt(first.contextId())).isEqualTo(order);
        assertThat(text(task(b), Turn.ANSWER))
                .as("another wording of the first message is no answer to a question")
                .isEqualTo("on bb");
        refused(Refused.Reason.NOT_NOW, () -> chats.promote(ME, first.contextId(), c.taskId(), RequestKey.NONE));
        Consistency.check(store, ME);
    }

    @Test
    void a_wrong_order_of_the_queue_is_refused() throws Exception {
        Sent first = heldChat("hold one");
        Sent b = next(first, "say b");
        Sent c = next(first, "say c");
        for (List<String> wrong : List.of(
                List.<String>of(),
                List.of(b.taskId()),
                List.of(b.taskId(), b.taskId()),
                List.of(b.taskId(), c.taskId(), "x"),
                List.of(first.taskId(), b.taskId()))) {
            refused(Refused.Reason.INVALID, () -> {
                chats.reorder(ME, first.contextId(), wrong);
                return true;
            });
        }
        assertThat(queued(first)).containsExactly("say b", "say c");
        refused(Refused.Reason.NO_TASK, () -> chats.promote(ME, first.contextId(), "x", RequestKey.NONE));
        refused(
                Refused.Reason.NOT_NOW,
                () -> chats.editQueued(ME, first.contextId(), first.taskId(), Message.user("m", "x"), RequestKey.NONE));
    }

    @Test
    void a_failure_holds_the_queue_until_the_user_acts() throws Exception {
        Sent failing = chat("failheld now");
        agent.held(failing.contextId()).acquire();
        Sent waiting = next(failing, "say waiting");
        agent.go(failing.contextId()).release();
        readUntil(failing, 0, TaskState.FAILED);
        assertThat(chats.state(ME, failing.contextId())).isEqualTo(ContextState.FAILED_QUEUED);
        assertThat(state(waiting)).isEqualTo(TaskState.SUBMITTED);

        Sent again = chats.retry(ME, failing.contextId(), RequestKey.NONE);
        agent.held(failing.contextId()).acquire();
        assertThat(again.taskId()).isNotEqualTo(failing.taskId());
        assertThat(said(failing.contextId())).containsExactly("failheld now", "say waiting");
        agent.go(failing.contextId()).release();
        readUntil(again, 0, TaskState.FAILED);
        assertThat(state(failing)).isEqualTo(TaskState.FAILED);
        assertThat(state(waiting)).isEqualTo(TaskState.SUBMITTED);

        Sent last = whole(next(failing, "say last"));
        assertThat(said(failing.contextId()))
                .containsExactly("failheld now", "say waiting", "on waiting", "say last", "on last");
        assertThat(state(last)).isEqualTo(TaskState.COMPLETED);
        refused(Refused.Reason.NOT_NOW, () -> chats.retry(ME, failing.contextId(), RequestKey.NONE));
        Consistency.check(store, ME);
    }

    @Test
    void what_was_cleared_stays_in_the_conversation_and_is_told_to_no_later_turn() throws Exception {
        Sent first = whole(chat("say one"));
        chats.clear(ME, first.contextId(), RequestKey.NONE);
        whole(next(first, "say two"));
        whole(next(first, "say three"));
        assertThat(said(first.contextId()))
                .containsExactly("say one", "on one", "say two", "on two", "say three", "on three");
        assertThat(agent.told.get("say two")).isEmpty();
        assertThat(agent.told.get("say three")).containsExactly("say two", "on two");

        whole(chats.edit(
                ME, first.contextId(), messageId(first, "say three"), Message.user("x", "say 3"), RequestKey.NONE));
        assertThat(agent.told.get("say 3")).as("behind the boundary it holds").containsExactly("say two", "on two");
        whole(chats.edit(
                ME, first.contextId(), messageId(first, "say one"), Message.user("y", "say 1"), RequestKey.NONE));
        whole(next(first, "say more"));
        assertThat(agent.told.get("say more"))
                .as("an edit before it takes it out")
                .containsExactly("say 1", "on 1");
    }

    @Test
    void a_fork_has_all_that_was_said_and_goes_its_own_way() throws Exception {
        Sent first = whole(chat("say one"));
        whole(next(first, "say two"));
        Sent asked = next(first, "ask why?");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);

        String all = chats.fork(ME, first.contextId(), null, "Another", RequestKey.NONE);
        assertThat(engine.context(ME, all)).get().extracting(Context::title).isEqualTo("Another");
        assertThat(said(all)).isEqualTo(said(first.contextId()));
        assertThat(asAReaderSeesIt(all)).isEqualTo(said(first.contextId()));
        assertThat(chats.state(ME, all)).isEqualTo(ContextState.WAITING);
        String waiting =
                chats.messages(ME, all, null, null, 1).messages().getFirst().taskId();
        Sent answered = whole(
                engine.send(Send.next(ME, Message.user("because", "say because").in(all, waiting))));
        assertThat(answered.taskId()).isEqualTo(waiting).isNotEqualTo(asked.taskId());
        assertThat(agent.told.get("say because"))
                .containsExactly("say one", "on one", "say two", "on two", "ask why?", "let me see", "why?");
        assertThat(state(asked)).as("the original waits on").isEqualTo(TaskState.INPUT_REQUIRED);

        String half = chats.fork(ME, first.contextId(), messageId(first, "on one"), null, RequestKey.NONE);
        assertThat(said(half)).containsExactly("say one", "on one");
        String unanswered = chats.fork(ME, first.contextId(), messageId(first, "say two"), null, RequestKey.NONE);
        assertThat(said(unanswered)).containsExactly("say one", "on one", "say two");
        whole(chats.retry(ME, unanswered, RequestKey.NONE));
        assertThat(said(unanswered)).containsExactly("say one", "on one", "say two", "on two");
        whole(chats.edit(ME, half, messageIdIn(half, "say one"), Message.user("z", "say 1"), RequestKey.NONE));
        assertThat(said(half)).containsExactly("say 1", "on 1");
        assertThat(said(first.contextId())).startsWith("say one", "on one", "say two", "on two");
        Consistency.check(store, ME);
    }

    private String messageIdIn(String contextId, String text) {
        return chats.messages(ME, contextId, null, null, 100).messages().stream()
                .filter(said -> said.message().text().equals(text))
                .findFirst()
                .orElseThrow()
                .message()
                .messageId();
    }

    @Test
    void a_request_with_a_key_is_done_once() throws Exception {
        Sent first = heldChat("hold one");
        String id = first.contextId();
        Sent b = next(first, "say b");
        Sent c = next(first, "say c");
        var key = new RequestKey("k", "print");
        Sent one = chats.promote(ME, id, c.taskId(), key);
        Sent two = chats.promote(ME, id, c.taskId(), key);
        assertThat(two).isEqualTo(one.again());
        whole(b);
        assertThat(chats.interrupt(ME, id, new RequestKey("i", "p"))).isFalse();
        held(first, "hold on");
        assertThat(chats.interrupt(ME, id, new RequestKey("i", "p")))
                .as("the first one's answer")
                .isFalse();
        assertThat(chats.state(ME, id)).as("it goes on").isEqualTo(ContextState.RUNNING);
        refused(Refused.Reason.KEY_REUSED, () -> chats.interrupt(ME, id, new RequestKey("k", "other")));
        String fork = chats.fork(ME, id, null, null, new RequestKey("f", "p"));
        assertThat(chats.fork(ME, id, null, null, new RequestKey("f", "p"))).isEqualTo(fork);
        assertThat(chats.list(ContextQuery.of(ME, 10, null)).total()).isEqualTo(2);
    }

    @Test
    void pages_of_messages_meet_whatever_their_size() throws Exception {
        Sent first = whole(chat("say 0"));
        for (int i = 1; i < 20; i++) {
            whole(next(first, (i % 5 == 0 ? "fail " : "say ") + i));
        }
        List<String> all = said(first.contextId());
        assertThat(all).hasSize(40);
        for (int size : List.of(1, 2, 3, 7, 39, 40, 41)) {
            var backwards = new ArrayList<String>();
            String before = null;
            do {
                MessagePage page = chats.messages(ME, first.contextId(), before, null, size);
                backwards.addAll(0, texts(page));
                before = page.earlier() ? page.messages().getFirst().message().messageId() : null;
            } while (before != null);
            assertThat(backwards).isEqualTo(all);
            var forwards = new ArrayList<>(all.subList(0, 1));
            @Nullable String after = messageId(first, "say 0");
            do {
                MessagePage page = chats.messages(ME, first.contextId(), null, after, size);
                forwards.addAll(texts(page));
                after = page.later() ? page.messages().getLast().message().messageId() : null;
            } while (after != null);
            assertThat(forwards).isEqualTo(all);
        }
    }

    @Test
    void a_family_is_archived_and_taken_out_as_one() throws Exception {
        Sent root = whole(chat("say root"));
        Sent part = whole(engine.send(
                Send.chat(ME, null, Message.user("p", "say part"), "part").under(root.contextId())));
        Sent deep = heldPart(part);
        refused(Refused.Reason.NOT_NOW, () -> archive(root, true));
        assertThat(chats.state(ME, root.contextId())).as("nothing of it").isEqualTo(ContextState.IDLE);
        agent.go(deep.contextId()).release();
        whole(deep);

        archive(root, true);
        for (Sent each : List.of(root, part, deep)) {
            assertThat(chats.state(ME, each.contextId())).isEqualTo(ContextState.ARCHIVED);
            refused(Refused.Reason.ARCHIVED, () -> next(each, "say no"));
        }
        refused(Refused.Reason.ARCHIVED, () -> archive(part, false));
        archive(root, false);
        for (Sent each : List.of(root, part, deep)) {
            whole(next(each, "say yes"));
        }
        archive(part, true);
        archive(part, false);
        assertThat(chats.state(ME, deep.contextId())).as("a part by itself").isEqualTo(ContextState.IDLE);
        chats.delete(ME, root.contextId());
        assertThat(chats.list(ContextQuery.of(ME, 10, null)).total()).isZero();
    }

    private Sent heldPart(Sent whole) throws Exception {
        Sent sent = engine.send(
                Send.chat(ME, null, Message.user("d", "hold deep"), "deep").under(whole.contextId()));
        agent.held(sent.contextId()).acquire();
        return sent;
    }

    private boolean archive(Sent chat, boolean put) {
        chats.arrange(ME, chat.contextId(), Arrangement.archived(put));
        return true;
    }

    @Test
    void a_deleted_conversation_is_gone_and_its_turn_is_lost() throws Exception {
        Sent chat = heldChat("hold secret");
        try (var cursor = engine.read(chat.contextId(), chat.offset())) {
            chats.delete(ME, chat.contextId());
            while (!cursor.ended()) {
                cursor.take(32);
            }
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
        assertThat(engine.context(ME, chat.contextId())).isEmpty();
        refused(Refused.Reason.NO_TASK, () -> engine.task(ME, chat.taskId()));
        refused(Refused.Reason.NO_CONTEXT, () -> next(chat, "say hello"));
        assertThat(chats.list(query("secret")).total()).isZero();
    }

    @Test
    void what_was_there_for_one_answer_goes_with_its_parts_if_its_owner_says_so() throws Exception {
        Sent root = whole(engine.send(
                Send.chat(ME, null, Message.user("m", "say root"), null).unacknowledged()));
        Sent part = whole(engine.send(
                Send.chat(ME, null, Message.user("p", "say part"), null).under(root.contextId())));
        Sent alone = heldChat("hold alone");

        try (var reader = engine.read(root.contextId(), 0)) {
            chats.deletePassing("somebody else", root.contextId()).get();
            assertThat(engine.context(ME, root.contextId())).isPresent();
            assertThat(reader.poll(100)).isNotEmpty();
            assertThat(reader.ended()).isFalse();
        }
        chats.deletePassing(ME, root.contextId()).get();
        chats.deletePassing(ME, root.contextId()).get(); // which is gone already
        chats.deletePassing(ME, alone.contextId()).get();
        for (Sent each : List.of(root, part, alone)) {
            assertThat(engine.context(ME, each.contextId())).isEmpty();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
    }

    private static ContextQuery query(@Nullable String text) {
        return new ContextQuery(ME, text, Map.of(), null, null, null, true, null, 100, null);
    }

    private List<String> found(ContextQuery query) {
        return chats.list(query).items().stream().map(s -> s.context().id()).toList();
    }

    @Test
    void conversations_are_found_by_words_labels_and_how_they_are_kept() throws Exception {
        Sent river = whole(chat("say the river Ånger flows"));
        Sent mill = whole(chat("say a mill wheel"));
        Sent titled = whole(engine.send(Send.chat(ME, null, Message.user("m", "say nothing"), "Ducks on the water")));
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(found(query("anger RIV"))).containsExactly(river.contextId());
            assertThat(found(query("wheel"))).containsExactly(mill.contextId());
        });
        assertThat(found(query("duck wat"))).containsExactly(titled.contextId());
        assertThat(found(query("mill river"))).as("all words in one place").isEmpty();
        assertThat(found(query("ill"))).as("the beginnings of words").isEmpty();
        assertThat(found(query("\" OR *"))).isEmpty();
        assertThat(found(query("..."))).isEmpty();

        chats.arrange(
                ME, mill.contextId(), new Arrangement(null, Map.of("team", "red", "a\"b", "c'd"), null, null, null));
        assertThat(found(labelled(Map.of("team", "red")))).containsExactly(mill.contextId());
        assertThat(found(labelled(Map.of("team", "red", "a\"b", "c'd")))).containsExactly(mill.contextId());
        assertThat(found(labelled(Map.of("team", "blue")))).isEmpty();

        chats.arrange(ME, river.contextId(), new Arrangement("New title", null, 2L, null, null));
        chats.arrange(ME, mill.contextId(), new Arrangement(null, null, 1L, null, null));
        assertThat(found(query(null))).containsExactly(mill.contextId(), river.contextId(), titled.contextId());
        assertThat(found(query("new tit"))).containsExactly(river.contextId());
        assertThat(found(kept(null, true))).hasSize(3);
        chats.arrange(
                ME,
                titled.contextId(),
                new Arrangement(
                        null,
                        null,
                        null,
                        engine.context(ME, titled.contextId()).orElseThrow().lastOffset(),
                        true));
        assertThat(found(kept(null, true))).containsExactly(mill.contextId(), river.contextId());
        assertThat(found(kept(true, null))).containsExactly(titled.contextId());
        assertThat(found(kept(false, null))).containsExactly(mill.contextId(), river.contextId());

        whole(chats.edit(
                ME, mill.contextId(), messageIdOf(mill), Message.user("e", "say a watermill"), RequestKey.NONE));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(found(query("watermill"))).containsExactly(mill.contextId()));
        assertThat(found(query("wheel"))).as("what an edit took out").isEmpty();
    }

    private static ContextQuery labelled(Map<String, String> labels) {
        return new ContextQuery(ME, null, labels, null, null, null, true, null, 100, null);
    }

    private static ContextQuery kept(@Nullable Boolean archived, @Nullable Boolean unread) {
        return new ContextQuery(ME, null, Map.of(), archived, unread, null, true, null, 100, null);
    }

    @Test
    void a_list_in_pages_has_each_conversation_once_also_while_others_move() throws Exception {
        var all = new ArrayList<Sent>();
        for (int i = 0; i < 9; i++) {
            all.add(whole(chat("say " + i)));
        }
        for (int i = 0; i < 3; i++) {
            chats.arrange(ME, all.get(i).contextId(), new Arrangement(null, null, 7L, null, null));
        }
        for (int size : List.of(1, 2, 3, 4, 9)) {
            var listed = new ArrayList<String>();
            String after = null;
            do {
                Page<Standing> page = chats.list(ContextQuery.of(ME, size, after));
                assertThat(page.total()).isEqualTo(9);
                page.items().forEach(standing -> listed.add(standing.context().id()));
                after = page.next();
            } while (after != null);
            assertThat(listed).doesNotHaveDuplicates().hasSize(9);
        }
        Page<Standing> first = chats.list(ContextQuery.of(ME, 5, null));
        chats.delete(ME, first.items().getLast().context().id());
        Page<Standing> second = chats.list(ContextQuery.of(ME, 10, first.next()));
        assertThat(second.items()).as("what the page ended with is gone").hasSize(4);
        assertThat(chats.list(ContextQuery.of(ME, 5, "nonsense")).items()).isEmpty();
    }

    @Test
    void what_a_user_has_not_read_is_known() throws Exception {
        Sent chat = whole(chat("say one"));
        assertThat(unread(chat)).isTrue();
        long last = engine.context(ME, chat.contextId()).orElseThrow().lastOffset();
        chats.arrange(ME, chat.contextId(), new Arrangement(null, null, null, last, null));
        assertThat(unread(chat)).isFalse();
        refused(Refused.Reason.INVALID, () -> {
            chats.arrange(ME, chat.contextId(), new Arrangement(null, null, null, 1000L, null));
            return true;
        });
        Sent stopped = held(chat, "hold two");
        engine.interrupt(ME, chat.contextId());
        assertThat(state(stopped)).isEqualTo(TaskState.CANCELED);
        assertThat(unread(chat)).as("what the user stopped is no news").isFalse();
        readUntil(next(chat, "ask what?"), 0, TaskState.INPUT_REQUIRED);
        assertThat(unread(chat)).isTrue();
    }

    private boolean unread(Sent chat) {
        return engine.context(ME, chat.contextId()).orElseThrow().unread();
    }

    @Test
    void a_task_that_was_taken_out_is_still_there_for_who_knows_its_id() throws Exception {
        Sent first = heldChat("hold one");
        chats.edit(ME, first.contextId(), messageIdOf(first), Message.user("n", "say 1"), RequestKey.NONE);
        Task task = task(first);
        assertThat(task.status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(task.history()).extracting(Message::text).containsExactly("hold one");
    }
}
