package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.WholeConversation;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an owner does with conversations besides sending to them: the queue, going back, keeping, listing. What is allowed
 * when is {@link ContextTable}; what it refuses is refused with NOT_NOW, or ARCHIVED.
 *
 * <p>Each change is one transaction, acknowledged when it survives a power cut, and told by an event of the journal. A
 * change with a {@link RequestKey} that was made before is not made again. What no store could keep, because it holds
 * U+0000, say, is refused with INVALID. Any thread; methods block on the store.
 */
public final class Chats {
    private final Calls calls;
    private final Ledger ledger;
    private final Feeds feeds;
    private final EngineSettings settings;
    private final Consumer<TaskRecord> toMerge;
    private final Consumer<String> deleted;

    /** @param deleted told of a context that is gone */
    Chats(
            Calls calls,
            Ledger ledger,
            Feeds feeds,
            EngineSettings settings,
            Consumer<TaskRecord> toMerge,
            Consumer<String> deleted) {
        this.calls = calls;
        this.ledger = ledger;
        this.feeds = feeds;
        this.settings = settings;
        this.toMerge = toMerge;
        this.deleted = deleted;
    }

    /** One page of the contexts that the query asks for, with what is under way in each, from one consistent read. */
    public Page<Standing> list(ContextQuery query) {
        Storable.require("agent", query.agent());
        Storable.require("parentId", query.parentId());
        Storable.require("labels", query.labels());
        Storable.require("page token", query.after());
        return calls.read(null, reader -> {
            Page<Context> page = reader.contexts(query);
            List<Standing> standings = page.items().stream()
                    .map(context -> Standing.of(reader, context))
                    .toList();
            return new Page<>(standings, page.next(), page.total());
        });
    }

    /** The newest revision of the owner's; list after asking, {@link #watch} after it, and nothing is missed. */
    public long revision(String owner) {
        return calls.read(null, reader -> reader.revision(owner));
    }

    /**
     * What changes among the owner's conversations after a revision, as it does: each entry is a conversation as it is,
     * at the revision of its newest change. An empty entry is a change that a newer one has overtaken. Close it.
     */
    public Cursor<Optional<Standing>> watch(String owner, long after) {
        return feeds.open(owner, after, revision(owner));
    }

    /**
     * A page of what was said: the messages right before one, right after one, or (neither) the newest. What was taken out
     * by an edit is not among them; what waits in the queue is, at the end. Costs what is on the page.
     *
     * @throws Refused with NO_CONTEXT, or NO_MESSAGE if {@code before} or {@code after} is not part of the conversation
     */
    public MessagePage messages(
            String owner, String contextId, @Nullable String before, @Nullable String after, int limit) {
        Storable.require("before", before);
        Storable.require("after", after);
        return read(owner, contextId, (reader, context) -> {
            var conversation = new Conversation(reader, contextId);
            String anchor = after != null ? after : before;
            Conversation.Found found =
                    anchor == null ? null : conversation.find(anchor).orElseThrow(() -> noMessage(anchor));
            return after != null && found != null
                    ? conversation.after(found, limit, context)
                    : conversation.before(found, limit, context);
        });
    }

    /**
     * What the conversation took so far, messages included that an edit has taken out.
     *
     * @throws Refused with NO_CONTEXT
     */
    public Usage usage(String owner, String contextId) {
        return read(owner, contextId, (reader, context) -> reader.usage(owner, contextId));
    }

    /**
     * What the conversation and its parts, and theirs, took so far.
     *
     * @throws Refused with NO_CONTEXT
     */
    public Usage usageOfTree(String owner, String contextId) {
        Usage all = usage(owner, contextId);
        for (String part : family(owner, contextId).members()) {
            if (!part.equals(contextId)) {
                all = all.plus(calls.read(part, reader -> reader.usage(owner, part)));
            }
        }
        return all;
    }

    /** The conversations that are parts of this one, and of no part of it. */
    public List<Context> parts(String owner, String contextId) {
        return calls.<List<Context>>read(null, reader -> reader.parts(contextId)).stream()
                .filter(part -> part.owner().equals(owner))
                .toList();
    }

    /**
     * What all of the owner's conversations took, deleted ones included, day by day, the oldest first; days on which
     * nothing happened are left out.
     *
     * @param from the first day, in UTC
     */
    public List<DayUsage> usageByDay(String owner, LocalDate from) {
        return calls.read(null, reader -> reader.usageByDay(owner, from));
    }

    /** What all of the owner's conversations took, deleted ones included. */
    public Usage usage(String owner) {
        return calls.read(null, reader -> reader.usage(owner, null));
    }

    /** The messages that wait, in the order in which they will be worked on. */
    public MessagePage queue(String owner, String contextId) {
        return read(owner, contextId, (reader, context) -> {
            var waiting = new ArrayList<Said>();
            for (TaskRecord task : reader.openTasks(contextId)) {
                if (task.queued()) {
                    waiting.add(Transcript.of(reader, task).getFirst());
                }
            }
            return new MessagePage(waiting, false, false, context.lastOffset(), context.clearedAt(), null);
        });
    }

    /** The state of the conversation, as {@link ContextTable} knows it; NONE if it is not the owner's. */
    public ContextState state(String owner, String contextId) {
        return calls.read(contextId, reader -> {
            Context context = reader.context(contextId);
            return context == null || !context.owner().equals(owner)
                    ? ContextState.NONE
                    : ContextState.of(context, reader.openTasks(contextId));
        });
    }

    /**
     * Replaces a message of the user's. One that still waits is replaced where it stands. One that was worked on is taken
     * out of the conversation with all that came after it, the queue included; what runs is stopped, and the new message
     * starts a new task.
     *
     * @throws Refused with NO_CONTEXT, NO_MESSAGE, INVALID (it is the agent's), NOT_NOW, ARCHIVED, KEY_REUSED
     */
    public Sent edit(String owner, String contextId, String messageId, Message replacement, RequestKey key) {
        requireMessage(replacement);
        Storable.require("messageId", messageId);
        return change(owner, contextId, key, draft -> Rewinds.edit(draft, messageId, replacement, settings.ids()));
    }

    /** Replaces a message that waits, where it stands. */
    public Sent editQueued(String owner, String contextId, String taskId, Message replacement, RequestKey key) {
        requireMessage(replacement);
        Storable.require("taskId", taskId);
        return change(owner, contextId, key, draft -> QueueChanges.edit(draft, taskId, replacement));
    }

    private static void requireMessage(Message message) {
        Storable.require("message.messageId", message.messageId());
        if (message.parts().isEmpty()) {
            throw new Refused(Refused.Reason.INVALID, "message.parts: a message needs at least one part");
        }
    }

    /** Takes back a message that waits: its task is cancelled, and it is no longer part of the conversation. */
    public void deleteQueued(String owner, String contextId, String taskId) {
        Storable.require("taskId", taskId);
        change(owner, contextId, RequestKey.NONE, draft -> {
            QueueChanges.delete(draft, taskId);
            return done(draft, taskId);
        });
    }

    /** Makes a message that waits the next one, at once: what is under way is stopped for it, as by an interrupt. */
    public Sent promote(String owner, String contextId, String taskId, RequestKey key) {
        Storable.require("taskId", taskId);
        return change(owner, contextId, key, draft -> QueueChanges.promote(draft, taskId));
    }

    /** Puts the queue in another order, which must name each of its tasks once. */
    public void reorder(String owner, String contextId, List<String> taskIds) {
        taskIds.forEach(taskId -> Storable.require("taskIds", taskId));
        change(owner, contextId, RequestKey.NONE, draft -> {
            QueueChanges.reorder(draft, taskIds);
            return done(draft, "");
        });
    }

    /**
     * Stops what runs or waits for the user, in the conversation and in its parts; partial answers stay, and what is queued
     * goes on.
     *
     * @return false if there was nothing to stop
     */
    public boolean interrupt(String owner, String contextId, RequestKey key) {
        // The whole first, so that it does not take the end of its parts for news.
        Sent stopped = interruptOne(owner, contextId, key);
        boolean any = !stopped.taskId().isEmpty();
        return stopped.repeated() ? any : interruptParts(owner, contextId) || any;
    }

    /** True if something was stopped. */
    boolean interruptParts(String owner, String contextId) {
        boolean stopped = false;
        for (String part : family(owner, contextId).members()) {
            ContextState state = part.equals(contextId) ? ContextState.NONE : state(owner, part);
            if (!ContextTable.next(state, ContextAction.INTERRUPT).isEmpty()) {
                try {
                    stopped |=
                            !interruptOne(owner, part, RequestKey.NONE).taskId().isEmpty();
                } catch (Refused gone) {
                    // It was archived or deleted meanwhile, so nothing runs in it.
                }
            }
        }
        return stopped;
    }

    private Sent interruptOne(String owner, String contextId, RequestKey key) {
        return change(owner, contextId, key, draft -> {
            draft.require(ContextAction.INTERRUPT);
            List<TaskRecord> holding =
                    draft.openTasks().stream().filter(TaskRecord::holds).toList();
            holding.forEach(draft::cancel);
            return done(draft, holding.isEmpty() ? "" : holding.getFirst().id());
        });
    }

    /**
     * Answers a task that asked for tools ({@link Turn#ask(String, List)}); it goes on with the results as its message.
     *
     * @param taskId which task; null = the one that waits for tools, if it is the only one
     * @param results one for each open call, in any order
     * @throws Refused with NO_CONTEXT, NO_TASK, ARCHIVED, KEY_REUSED, NOT_NOW (no task waits for tools), WRONG_RESULTS
     *     (a call is unknown, missing, or there twice), INVALID (several tasks wait, and {@code taskId} is null). Then
     *     nothing was stored
     */
    public Sent answerTools(
            String owner, String contextId, @Nullable String taskId, List<ToolResult> results, RequestKey key) {
        return change(
                owner,
                contextId,
                key,
                draft -> Answers.results(draft, taskId, results, settings.ids().get()));
    }

    /** Works once more on the last message that was worked on, if its task did not succeed; the queue goes on behind it. */
    public Sent retry(String owner, String contextId, RequestKey key) {
        return change(owner, contextId, key, draft -> Rewinds.retry(draft, settings.ids()));
    }

    /** From here on the agent is told nothing of what was said before. */
    public void clear(String owner, String contextId, RequestKey key) {
        change(owner, contextId, key, draft -> {
            Rewinds.clear(draft);
            return done(draft, "");
        });
    }

    /**
     * Makes a new conversation of what was said in this one, up to and including a message: with copies of its tasks, their
     * artifacts and states. Nothing runs in it until something is sent.
     *
     * @param messageId null = all that was worked on
     * @param title null = the same
     * @return the new conversation's id; the same again for the same key
     * @throws Refused with NO_CONTEXT, NO_MESSAGE, KEY_REUSED
     */
    public String fork(
            String owner, String contextId, @Nullable String messageId, @Nullable String title, RequestKey key) {
        Storable.require("messageId", messageId);
        Storable.require("title", title);
        Storable.require("idempotency key", key.key());
        WholeConversation whole =
                calls.<@Nullable WholeConversation>read(contextId, reader -> reader.whole(owner, contextId));
        if (whole == null) {
            throw noContext(contextId);
        }
        Fork fork = Fork.of(whole, messageId);
        String newId = key.key() == null ? settings.ids().get() : Ids.of("fork", owner, contextId, key.key());
        var copies = new ArrayList<TaskRecord>();
        Calls.await(ledger.change(newId, Durability.FSYNCED, draft -> {
            copies.clear();
            if (draft.context() != null && recall(draft, key) != null) {
                return done(draft, "");
            }
            Context source = fork.source();
            draft.create(new Context(
                    newId,
                    owner,
                    source.agent(),
                    title == null ? source.title() : title,
                    source.concurrency(),
                    draft.now(),
                    draft.now(),
                    0));
            fork.write(draft, settings.ids());
            draft.touch();
            draft.update(draft.existing()
                    .with(draft.existing().shelf().withReadTo(draft.existing().lastOffset()), Context.Change.CREATED));
            copies.addAll(draft.tasks());
            Sent made = done(draft, "");
            remember(draft, key, made);
            return made;
        }));
        copies.stream().filter(task -> task.state().terminal()).forEach(toMerge);
        return newId;
    }

    /**
     * Keeps the conversation otherwise. To archive it is refused while something is under way in it or in one of its
     * parts; the parts are put away with it, one after the other, and once more if a crash came between.
     *
     * @throws Refused with NO_CONTEXT, NOT_NOW, INVALID
     */
    public void arrange(String owner, String contextId, Arrangement wanted) {
        Storable.require("contextId", contextId);
        Storable.require("title", wanted.title());
        Storable.require("labels", wanted.labels() == null ? Map.of() : wanted.labels());
        if (wanted.archived() != null) {
            archive(owner, contextId, wanted.archived());
        }
        boolean more =
                wanted.title() != null || wanted.labels() != null || wanted.pin() != null || wanted.readTo() != null;
        if (more) {
            change(owner, contextId, RequestKey.NONE, draft -> {
                draft.require(ContextAction.ARRANGE);
                Context before = draft.existing();
                Context after = arranged(before, wanted);
                if (!after.equals(before)) {
                    draft.update(after);
                    draft.append(ContextEvents.arranged(after));
                }
                return done(draft, "");
            });
        }
    }

    private static Context arranged(Context before, Arrangement wanted) {
        Context.Shelf shelf = before.shelf();
        Context after = before;
        if (wanted.title() != null && !wanted.title().equals(before.title())) {
            after = after.withTitle(wanted.title());
        }
        Context.Shelf kept = shelf;
        if (wanted.labels() != null) {
            kept = kept.withLabels(wanted.labels());
        }
        if (wanted.pin() != null) {
            if (kept.archived() && wanted.pin() != Context.Shelf.UNPINNED) {
                throw new Refused(Refused.Reason.ARCHIVED, "what is archived can't be pinned");
            }
            kept = kept.withPin(wanted.pin());
        }
        if (!kept.equals(shelf)) {
            after = after.with(kept, Context.Change.SHELF);
        }
        if (wanted.readTo() != null && wanted.readTo() != kept.readTo()) {
            if (wanted.readTo() < 0 || wanted.readTo() > before.lastOffset()) {
                throw new Refused(
                        Refused.Reason.INVALID,
                        "readTo: must be an offset of this conversation, 0 to " + before.lastOffset());
            }
            after = after.with(kept.withReadTo(wanted.readTo()), Context.Change.READ);
        }
        return after;
    }

    private void archive(String owner, String contextId, boolean put) {
        Family family = family(owner, contextId);
        List<String> members = family.members();
        if (put && members.size() > 1) {
            // Before the first of them goes; what has no parts is asked in its own change.
            members.forEach(each -> requireQuiet(owner, each));
        }
        for (String each : members) {
            change(owner, each, RequestKey.NONE, draft -> {
                draft.require(put ? ContextAction.ARCHIVE : ContextAction.UNARCHIVE);
                Context before = draft.existing();
                if (!put && each.equals(contextId)) {
                    requireWholeOutside(family.whole(), before);
                }
                if (before.shelf().archived() != put) {
                    draft.update(before.with(before.shelf().withArchived(put), Context.Change.SHELF));
                    draft.append(ContextEvents.arranged(draft.existing()));
                }
                return done(draft, "");
            });
        }
    }

    /**
     * A conversation and what belongs to it.
     *
     * @param members the conversation, whether or not there is one, then its parts, and theirs
     * @param root the conversation itself, whoever owns it; null = there is none
     * @param whole what it is a part of; null = of nothing
     */
    private record Family(
            List<String> members,
            @Nullable Context root,
            @Nullable Context whole) {}

    private Family family(String owner, String root) {
        List<Context> around = calls.<List<Context>>read(null, reader -> reader.around(root));
        Context itself = named(root, around);
        Context whole = named(itself == null ? null : itself.parentId(), around);
        var members = new ArrayList<>(List.of(root));
        var open = new ArrayDeque<String>();
        partsOf(root, owner, around).forEach(open::add);
        while (!open.isEmpty()) {
            String next = open.remove();
            members.add(next);
            partsOf(next, owner, calls.<List<Context>>read(null, reader -> reader.parts(next)))
                    .forEach(open::add);
        }
        return new Family(members, itself, whole);
    }

    private static @Nullable Context named(@Nullable String contextId, List<Context> among) {
        return among.stream()
                .filter(each -> each.id().equals(contextId))
                .findFirst()
                .orElse(null);
    }

    private static List<String> partsOf(String contextId, String owner, List<Context> among) {
        return among.stream()
                .filter(each ->
                        contextId.equals(each.parentId()) && each.owner().equals(owner))
                .map(Context::id)
                .toList();
    }

    private void requireQuiet(String owner, String contextId) {
        ContextState state = state(owner, contextId);
        if (ContextTable.next(state, ContextAction.ARCHIVE).isEmpty()) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    "context " + contextId + " is " + state + " and can't be archived; interrupt it first");
        }
    }

    private static void requireWholeOutside(@Nullable Context whole, Context part) {
        if (whole != null && whole.shelf().archived()) {
            throw new Refused(
                    Refused.Reason.ARCHIVED,
                    "context " + part.id() + " is a part of " + whole.id() + ", which is archived; take that out");
        }
    }

    /** Takes the conversation away with all that was said in it, and its parts. What runs in it is stopped. */
    public void delete(String owner, String contextId) {
        Storable.require("contextId", contextId);
        Family family = family(owner, contextId);
        Context root = family.root();
        for (String each : family.members().reversed()) {
            Durability durability = root != null && each.equals(root.id()) ? root.durability() : Durability.FSYNCED;
            change(owner, each, RequestKey.NONE, durability, draft -> {
                draft.require(ContextAction.DELETE);
                draft.forget();
                return done(draft, "");
            });
            deleted.accept(each);
        }
    }

    /** What was found of a conversation that is to be deleted in passing. */
    private enum Passing {
        /** Or somebody else's, of which its owner alone hears. */
        NOT_THERE,
        GONE,
        /** It has parts. */
        WHOLE
    }

    /**
     * The same, and nobody waits for it: for a conversation that was there for one answer ({@link Send#unacknowledged}), once
     * that was read or its reader has left. What is asked for afterwards may still meet it.
     *
     * @return done when it is gone, or was before
     */
    public CompletableFuture<Void> deletePassing(String owner, String contextId) {
        CompletableFuture<Passing> passing = ledger.change(contextId, Durability.WRITTEN, draft -> {
            Context there = draft.context();
            if (there == null || !there.owner().equals(owner)) {
                return Passing.NOT_THERE;
            }
            if (!draft.before().parts(contextId).isEmpty()) {
                return Passing.WHOLE;
            }
            draft.forget();
            return Passing.GONE;
        });
        return passing.thenCompose(found -> switch (found) {
            case NOT_THERE -> CompletableFuture.completedFuture(null);
            case GONE -> {
                deleted.accept(contextId);
                yield CompletableFuture.completedFuture(null);
            }
            // Its parts are other contexts: that is asked of the store, and waited for.
            case WHOLE -> CompletableFuture.runAsync(() -> delete(owner, contextId), Thread::startVirtualThread);
        });
    }

    @FunctionalInterface
    private interface Query<R> {
        R of(Reader reader, Context context);
    }

    private <R> R read(String owner, String contextId, Query<R> query) {
        return calls.<R>read(contextId, reader -> {
            Context context = reader.context(contextId);
            if (context == null || !context.owner().equals(owner)) {
                throw noContext(contextId);
            }
            return query.of(reader, context);
        });
    }

    private Sent change(String owner, String contextId, RequestKey key, Function<Draft, Sent> change) {
        return change(owner, contextId, key, Durability.FSYNCED, change);
    }

    private Sent change(
            String owner, String contextId, RequestKey key, Durability durability, Function<Draft, Sent> change) {
        Storable.require("contextId", contextId);
        Storable.require("idempotency key", key.key());
        return Calls.await(ledger.change(contextId, durability, draft -> {
            draft.ownedBy(owner);
            Sent before = recall(draft, key);
            if (before != null) {
                return before;
            }
            Sent made = change.apply(draft);
            remember(draft, key, made);
            return made;
        }));
    }

    private static @Nullable Sent recall(Draft draft, RequestKey key) {
        if (key.key() == null) {
            return null;
        }
        SendKey known = draft.before().recall(draft.existing().id(), SendKey.request(key.key()));
        if (known != null && known.print() != null && !known.print().equals(key.print())) {
            throw new Refused(
                    Refused.Reason.KEY_REUSED,
                    "the idempotency key was used for another request; use a new key for each request");
        }
        return known == null ? null : known.answer().again();
    }

    private static void remember(Draft draft, RequestKey key, Sent made) {
        if (key.key() != null) {
            draft.remember(new SendKey(SendKey.request(key.key()), key.print(), made));
        }
    }

    private static Sent done(Draft draft, String taskId) {
        Context context = draft.existing();
        return new Sent(context.id(), taskId, context.lastOffset(), context.lastOffset(), TaskState.SUBMITTED, false);
    }

    private static Refused noContext(String contextId) {
        return new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
    }

    private static Refused noMessage(String messageId) {
        return new Refused(
                Refused.Reason.NO_MESSAGE, "there is no message " + messageId + " in this conversation (any more)");
    }
}
