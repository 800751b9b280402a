package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Every state of a conversation × everything that can happen to it, through a real engine into every store. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ContextTableTest extends WithEngine {
    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    private final Acting agent = new Acting();

    /** A chat, and the task that something may be done to. */
    private record Scene(String contextId, Sent first, Sent last) {}

    @Test
    void every_action_in_every_state_leads_where_the_table_says_or_is_refused_without_a_trace() throws Exception {
        store = kind.open(folder);
        start(agent);
        for (ContextState from : ContextState.values()) {
            for (ContextAction action : ContextAction.values()) {
                if (action == ContextAction.CREATE && from != ContextState.NONE) {
                    assertThat(ContextTable.next(from, action)).isEmpty();
                    continue;
                }
                check(from, action);
            }
        }
        Consistency.check(store, ME);
    }

    private void check(ContextState from, ContextAction action) throws Exception {
        Scene scene = scene(from);
        assertThat(state(scene)).as("the way to %s", from).isEqualTo(from);
        long before = lastOffset(scene);
        Set<ContextState> to = ContextTable.next(from, action);

        Refused refused = catchThrowableOfType(Refused.class, () -> act(scene, action));

        // A chat's one task that works is none that waits for an answer; the table speaks of two.
        if (to.isEmpty() || (from == ContextState.RUNNING && action == ContextAction.ANSWER)) {
            assertThat(refused).as("%s in %s", action, from).isNotNull();
            assertThat(refused.reason())
                    .as("%s in %s: %s", action, from, refused.getMessage())
                    .isEqualTo(
                            from == ContextState.NONE
                                    ? Refused.Reason.NO_CONTEXT
                                    : from.archived() && action != ContextAction.ANSWER
                                            ? Refused.Reason.ARCHIVED
                                            : Refused.Reason.NOT_NOW);
            assertThat(state(scene)).isEqualTo(from);
            assertThat(lastOffset(scene)).as("no event of what was refused").isEqualTo(before);
        } else {
            assertThat(refused).as("%s in %s", action, from).isNull();
            assertThat(state(scene)).as("%s in %s", action, from).isIn(to);
        }
    }

    private ContextState state(Scene scene) {
        return engine.chats().state(ME, scene.contextId());
    }

    private long lastOffset(Scene scene) {
        return engine.context(ME, scene.contextId()).map(Context::lastOffset).orElse(0L);
    }

    private Scene scene(ContextState state) throws Exception {
        if (state == ContextState.NONE) {
            var nothing = new Sent("no-context-" + engine.newId(), "no-task", 0, 0, TaskState.SUBMITTED, false);
            return new Scene(nothing.contextId(), nothing, nothing);
        }
        Sent first = chat("say hello");
        readToEnd(first, 0);
        Sent last =
                switch (state) {
                    case NONE, RUNNING, RUNNING_QUEUED -> held(first, "hold on");
                    case IDLE, ARCHIVED -> interrupted(held(first, "hold on"));
                    case WAITING, WAITING_QUEUED -> asked(next(first, "ask why?"));
                    // Held once more if it is tried again: it is looked at before it fails again.
                    case FAILED, ARCHIVED_FAILED -> failed(let(held(first, "failheld now")));
                    case FAILED_QUEUED, ARCHIVED_FAILED_QUEUED -> held(first, "failheld now");
                };
        if (state.name().endsWith("_QUEUED")) {
            Sent queued = next(first, "hold later");
            if (state == ContextState.FAILED_QUEUED || state == ContextState.ARCHIVED_FAILED_QUEUED) {
                failed(let(last));
            }
            last = queued;
        }
        if (state.archived()) {
            engine.chats().arrange(ME, first.contextId(), Arrangement.archived(true));
        }
        return new Scene(first.contextId(), first, last);
    }

    private Sent held(Sent chat, String text) throws Exception {
        Sent sent = next(chat, text);
        agent.held(chat.contextId()).acquire();
        return sent;
    }

    private Sent interrupted(Sent sent) {
        engine.interrupt(ME, sent.contextId());
        return sent;
    }

    private Sent asked(Sent sent) throws Exception {
        readUntil(sent, 0, TaskState.INPUT_REQUIRED);
        return sent;
    }

    private Sent let(Sent sent) {
        agent.go(sent.contextId()).release();
        return sent;
    }

    private Sent failed(Sent sent) throws Exception {
        readUntil(sent, 0, TaskState.FAILED);
        return sent;
    }

    private void act(Scene scene, ContextAction action) {
        Chats chats = engine.chats();
        String chat = scene.contextId();
        String task = scene.last().taskId();
        var message = Message.user(engine.newId(), "hold this");
        switch (action) {
            case CREATE -> engine.send(Send.chat(ME, null, message.in(chat, null), null));
            case SEND -> engine.send(Send.next(ME, message.in(chat, null)));
            case SEND_INTERRUPTING ->
                engine.send(Send.next(ME, message.in(chat, null)).interrupting());
            case ANSWER -> answer(scene, message);
            case EDIT -> chats.edit(ME, chat, messageOf(scene), message, RequestKey.NONE);
            case EDIT_QUEUED -> chats.editQueued(ME, chat, task, message, RequestKey.NONE);
            case DELETE_QUEUED -> chats.deleteQueued(ME, chat, task);
            case PROMOTE -> chats.promote(ME, chat, task, RequestKey.NONE);
            case REORDER -> chats.reorder(ME, chat, List.of(task));
            case INTERRUPT -> chats.interrupt(ME, chat, RequestKey.NONE);
            case RETRY -> chats.retry(ME, chat, RequestKey.NONE);
            case CLEAR -> chats.clear(ME, chat, RequestKey.NONE);
            case ARCHIVE -> chats.arrange(ME, chat, Arrangement.archived(true));
            case UNARCHIVE -> chats.arrange(ME, chat, Arrangement.archived(false));
            case FORK -> chats.fork(ME, chat, null, null, RequestKey.NONE);
            case ARRANGE -> chats.arrange(ME, chat, new Arrangement("another title", null, null, null, null));
            case DELETE -> chats.delete(ME, chat);
        }
    }

    /** To the task that waits, if one does; else to one that does not. */
    private void answer(Scene scene, Message message) {
        if (engine.context(ME, scene.contextId()).isEmpty()) {
            engine.send(Send.next(ME, message.in(scene.contextId(), null)));
            return;
        }
        var open = new ArrayList<>(
                engine.tasks(new TaskQuery(ME, null, scene.contextId(), TaskState.INPUT_REQUIRED, null, 1, null))
                        .items());
        String taskId =
                open.isEmpty() ? scene.first().taskId() : open.getFirst().task().id();
        engine.send(Send.next(ME, message.in(scene.contextId(), taskId)));
    }

    private String messageOf(Scene scene) {
        return engine.context(ME, scene.contextId()).isEmpty()
                ? "none"
                : engine.chats()
                        .messages(ME, scene.contextId(), null, null, 200)
                        .messages()
                        .getFirst()
                        .message()
                        .messageId();
    }

    @Test
    void an_archived_conversation_can_only_be_looked_at_kept_forked_deleted_and_taken_out() {
        for (ContextState state : ContextState.values()) {
            if (state.archived()) {
                assertThat(java.util.Arrays.stream(ContextAction.values())
                                .filter(action ->
                                        !ContextTable.next(state, action).isEmpty()))
                        .containsExactlyInAnyOrder(
                                ContextAction.ARCHIVE,
                                ContextAction.UNARCHIVE,
                                ContextAction.FORK,
                                ContextAction.ARRANGE,
                                ContextAction.DELETE);
            }
        }
    }
}
