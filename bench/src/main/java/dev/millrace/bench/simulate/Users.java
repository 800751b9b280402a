package dev.millrace.bench.simulate;

import dev.millrace.engine.Engine;
import dev.millrace.engine.Refused;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What users do, each from a thread of its own, as people and their programs do: what is not answered is asked again. */
final class Users {
    /** A conversation that a user knows of. */
    record Known(String contextId, String owner, boolean chat) {}

    private final World world;
    private final Scheduler scheduler;
    private final Checker checker;
    private final Consumer<Known> announced;
    private final List<Known> known = new ArrayList<>();
    private int messages;
    private int keys;

    /** @param announced told of each new conversation */
    Users(World world, Checker checker, Consumer<Known> announced) {
        this.world = world;
        this.scheduler = world.scheduler();
        this.checker = checker;
        this.announced = announced;
    }

    List<Known> known() {
        return known;
    }

    /** One user's life. */
    void live(int number) {
        String owner = "owner" + number % 2;
        for (int i = 0; i < world.scenario().actions(); i++) {
            act(owner);
            if (!scheduler.once(3)) {
                world.sleep(Duration.ofMillis(scheduler.random().nextInt(scheduler.once(6) ? 3000 : 100)));
            }
        }
    }

    private void act(String owner) {
        List<Known> mine =
                known.stream().filter(each -> each.owner().equals(owner)).toList();
        int dice = scheduler.random().nextInt(100);
        if (mine.isEmpty() || dice < 12) {
            begin(owner);
            return;
        }
        Known chat = mine.get(scheduler.random().nextInt(mine.size()));
        List<TaskRecord> tasks = List.copyOf(
                world.database().state().context(chat.contextId()).tasks().values());
        TaskRecord task = tasks.isEmpty() ? null : tasks.get(scheduler.random().nextInt(tasks.size()));
        if (dice < 52 || task == null) {
            Send next = Send.next(owner, message().in(chat.contextId(), null));
            send(scheduler.once(6) ? next.interrupting() : next);
        } else if (dice < 64) {
            TaskRecord asks = tasks.stream()
                    .filter(each -> each.state().interrupted())
                    .findFirst()
                    .orElse(task);
            send(Send.next(owner, message().in(chat.contextId(), asks.id())));
        } else if (dice < 74) {
            cancel(owner, task.id());
        } else if (dice < 80) {
            boolean _ = done("interrupt " + chat.contextId(), engine -> engine.interrupt(owner, chat.contextId()));
        } else if (chat.chat()) {
            rearrange(owner, chat, tasks, dice);
        }
    }

    private void rearrange(String owner, Known chat, List<TaskRecord> tasks, int dice) {
        String id = chat.contextId();
        List<TaskRecord> waiting = tasks.stream().filter(TaskRecord::queued).toList();
        if (dice < 88 && !waiting.isEmpty()) {
            TaskRecord one = waiting.get(scheduler.random().nextInt(waiting.size()));
            switch (scheduler.random().nextInt(4)) {
                case 0 -> done("promote " + one.id(), engine -> engine.chats().promote(owner, id, one.id(), key()));
                case 1 ->
                    done("take back " + one.id(), engine -> {
                        engine.chats().deleteQueued(owner, id, one.id());
                        return true;
                    });
                case 2 ->
                    edit(
                            "edit the waiting " + one.id(),
                            (engine, message, key) -> engine.chats().editQueued(owner, id, one.id(), message, key));
                default ->
                    done("turn the queue of " + id, engine -> {
                        engine.chats()
                                .reorder(
                                        owner,
                                        id,
                                        waiting.stream()
                                                .map(TaskRecord::id)
                                                .toList()
                                                .reversed());
                        return true;
                    });
            }
        } else if (dice < 94) {
            checker.sentTo(id, scheduler.random().nextInt(8))
                    .ifPresent(messageId -> edit(
                            "edit message " + messageId,
                            (engine, message, key) -> engine.chats().edit(owner, id, messageId, message, key)));
        } else if (dice < 97) {
            done("try again in " + id, engine -> engine.chats().retry(owner, id, key()));
        } else {
            done("clear " + id, engine -> {
                engine.chats().clear(owner, id, key());
                return true;
            });
        }
    }

    private interface Edit {
        Sent on(Engine engine, Message message, RequestKey key);
    }

    /** Asked again under the same key and with the same message until the answer is known. */
    private void edit(String what, Edit edit) {
        Message message = message();
        RequestKey key = key();
        Sent sent = insist(what, engine -> edit.on(engine, message, key));
        if (sent != null) {
            checker.acknowledged(message, sent);
        }
    }

    private RequestKey key() {
        keys++;
        return new RequestKey("key" + keys, "print" + keys);
    }

    private Message message() {
        messages++;
        return Message.user("m" + messages, Script.message(scheduler, messages));
    }

    private void begin(String owner) {
        boolean chat = !scheduler.once(4);
        Message message = message();
        Send send = (chat ? Send.chat(owner, null, message, null) : Send.task(owner, null, message))
                .withKey("new" + message.messageId(), "print");
        Sent sent = send(send);
        if (sent != null) {
            var there = new Known(sent.contextId(), owner, chat);
            known.add(there);
            announced.accept(there);
        }
    }

    /** Sends until it is known what became of it, and now and then once more. */
    private @Nullable Sent send(Send send) {
        Sent sent = null;
        do {
            Sent again = insist(
                    "send " + send.message().messageId() + " (" + send.message().text() + ")",
                    engine -> engine.send(send));
            if (again != null) {
                checker.acknowledged(send.message(), again);
                sent = again;
            }
        } while (sent != null && scheduler.once(8));
        return sent;
    }

    private void cancel(String owner, String taskId) {
        boolean[] ended = new boolean[1];
        String what = "cancel " + taskId;
        TaskState state = insist(what, engine -> {
            try {
                return engine.cancel(owner, taskId).task().status().state();
            } catch (Refused refused) {
                ended[0] = refused.reason() == Refused.Reason.NOT_CANCELABLE;
                throw refused;
            }
        });
        if (state != null || ended[0]) {
            checker.stopped(taskId, state);
        }
    }

    private <R> boolean done(String what, Function<Engine, R> request) {
        return world.ask(what, request) instanceof World.Answer.Done<R>;
    }

    /** Null if it was refused for good. */
    private <R> @Nullable R insist(String what, Function<Engine, R> request) {
        while (true) {
            switch (world.ask(what, request)) {
                case World.Answer.Done<R>(R result) -> {
                    return result;
                }
                case World.Answer.Declined<R>(Refused reason) -> {
                    if (reason.reason() != Refused.Reason.UNAVAILABLE) {
                        return null;
                    }
                }
                case World.Answer.Lost<R> lost -> {}
            }
            world.sleep(Duration.ofMillis(scheduler.random().nextInt(1000)));
        }
    }

    /** Brings to an end what waits for its user. */
    void close() {
        for (Known each : known) {
            Kept kept = world.database().state().context(each.contextId());
            for (TaskRecord task : kept.open()) {
                if (task.state().interrupted()) {
                    cancel(each.owner(), task.id());
                }
            }
            if (kept.context() != null && kept.context().held()) {
                goOn(each, kept.open());
            }
        }
    }

    /** Lets a queue go that a failed task holds; a full one takes no further message. */
    private void goOn(Known chat, List<TaskRecord> waiting) {
        String id = chat.contextId();
        if (waiting.isEmpty()) {
            send(Send.next(
                    chat.owner(),
                    Message.user("m" + ++messages, "say 1 " + messages).in(id, null)));
        } else {
            String first = waiting.getFirst().id();
            boolean _ = done(
                    "promote " + first, engine -> engine.chats().promote(chat.owner(), id, first, RequestKey.NONE));
        }
    }
}
