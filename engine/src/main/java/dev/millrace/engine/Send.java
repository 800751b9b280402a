package dev.millrace.engine;

import dev.millrace.protocol.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message to be worked on.
 *
 * @param owner who sends it
 * @param agent which agent; null = the context's own, or the default agent for a new context
 * @param message the message; its context id names an existing or new context (null = a new one with a new id),
 *     its task id a task that waits for an answer (null = a new task), its message id makes a repeated
 *     send harmless within the context
 * @param title of a new context
 * @param concurrency of a new context
 * @param create whether a context id that does not exist makes a new context (A2A) or is refused (chats)
 * @param key an idempotency key of the caller's within the owner; null = none
 * @param keyPrint what {@code key} stands for (a digest of the request): the same key with another print is refused
 * @param busy what becomes of it in a context that works on something
 * @param parentId of a new context: whose part it is; null = nobody's
 * @param earlier of a new context: what was said before elsewhere, oldest first; its agent is told it as history
 * @param acknowledged whether the sender is told that it was accepted; if not, it need not survive its process
 */
public record Send(
        String owner,
        @Nullable String agent,
        Message message,
        @Nullable String title,
        Context.Concurrency concurrency,
        boolean create,
        @Nullable String key,
        @Nullable String keyPrint,
        Busy busy,
        @Nullable String parentId,
        List<Message> earlier,
        boolean acknowledged) {

    public Send {
        earlier = List.copyOf(earlier);
    }

    /** What becomes of a message to a {@code SERIAL} context that works on something, or waits for its user. */
    public enum Busy {
        /** It waits for its turn. */
        QUEUE,
        /** It waits for its turn, and what is under way is stopped; what was made of that stays. */
        INTERRUPT
    }

    /** A new conversation, or the next message of one, as an A2A client sends it. */
    public static Send task(String owner, @Nullable String agent, Message message) {
        return new Send(
                owner,
                agent,
                message,
                null,
                Context.Concurrency.PARALLEL,
                true,
                null,
                null,
                Busy.QUEUE,
                null,
                List.of(),
                true);
    }

    /** The first message of a new chat. */
    public static Send chat(String owner, @Nullable String agent, Message message, @Nullable String title) {
        return new Send(
                owner,
                agent,
                message,
                title,
                Context.Concurrency.SERIAL,
                true,
                null,
                null,
                Busy.QUEUE,
                null,
                List.of(),
                true);
    }

    /** The next message of an existing chat, which {@code message.contextId} names. */
    public static Send next(String owner, Message message) {
        return new Send(
                owner,
                null,
                message,
                null,
                Context.Concurrency.SERIAL,
                false,
                null,
                null,
                Busy.QUEUE,
                null,
                List.of(),
                true);
    }

    public Send withKey(@Nullable String newKey, @Nullable String print) {
        return new Send(
                owner,
                agent,
                message,
                title,
                concurrency,
                create,
                newKey,
                print,
                busy,
                parentId,
                earlier,
                acknowledged);
    }

    /** The same, and what is under way is stopped for it. */
    public Send interrupting() {
        return new Send(
                owner,
                agent,
                message,
                title,
                concurrency,
                create,
                key,
                keyPrint,
                Busy.INTERRUPT,
                parentId,
                earlier,
                acknowledged);
    }

    /** The same, in the context of this id, which need not exist if it begins one. */
    public Send in(String contextId) {
        return new Send(
                owner,
                agent,
                message.in(contextId, message.taskId()),
                title,
                concurrency,
                create,
                key,
                keyPrint,
                busy,
                parentId,
                earlier,
                acknowledged);
    }

    /** The same, as the beginning of a part of another context. */
    public Send under(@Nullable String parent) {
        return new Send(
                owner, agent, message, title, concurrency, create, key, keyPrint, busy, parent, earlier, acknowledged);
    }

    /**
     * The same, as the next message of a conversation that was held elsewhere. In a context that exists it is refused.
     *
     * @param said the users' messages and the agents', oldest first
     */
    public Send after(List<Message> said) {
        return new Send(
                owner, agent, message, title, concurrency, create, key, keyPrint, busy, parentId, said, acknowledged);
    }

    /**
     * The same, for a sender who is told nothing before there is an answer, and sends again if that does not come: {@link
     * Engine#send} does not wait for the disk, and a context that it makes is gone with the process, if that dies. Until then
     * the context is the sender's to take away.
     */
    public Send unacknowledged() {
        return new Send(
                owner, agent, message, title, concurrency, create, key, keyPrint, busy, parentId, earlier, false);
    }
}
