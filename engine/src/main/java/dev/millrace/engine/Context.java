package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import java.time.Instant;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One conversation.
 *
 * @param owner whose it is; for everybody else it does not exist
 * @param agent the name of the agent that answers in it
 * @param updatedAt when a task of it last changed its state
 * @param lastOffset the offset of its newest event
 * @param parentId the conversation that this one is a part of; null = none
 * @param held true while a failed task keeps the queue waiting for the user ({@code SERIAL} contexts only)
 * @param clearedAt tasks that begin from now on are not told what was said up to this offset; 0 = they are told all
 * @param answeredAt the offset at which its agent last said that it was done, or asked; 0 = never
 * @param shelf how its owner keeps it
 * @param change what last changed of it for those who look at a list of contexts
 * @param revision the number of that change among all of its owner's, given by the store: unique for the owner, and
 *     greater than that of every change committed before; 0 = the store is to give the next one
 */
public record Context(
        String id,
        String owner,
        String agent,
        @Nullable String title,
        Concurrency concurrency,
        Instant createdAt,
        Instant updatedAt,
        long lastOffset,
        @Nullable String parentId,
        boolean held,
        long clearedAt,
        long answeredAt,
        Shelf shelf,
        Change change,
        long revision) {

    /** How many tasks of a context may run at once. */
    public enum Concurrency {
        /** One at a time, in order; others queue. Chats. */
        SERIAL,
        /** All at once. Plain A2A agents. */
        PARALLEL
    }

    /** What changed of a context. The numbers are stored: never change one. */
    public enum Change {
        CREATED(1),
        /** A task of it changed its state, or its queue changed. */
        STATUS(2),
        TITLE(3),
        /** Its labels, its pin, or whether it is archived. */
        SHELF(4),
        /** How far its owner has read. */
        READ(5),
        /** It is gone; of the context only id, owner and revision mean anything. */
        DELETED(6);

        private final int code;

        Change(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        public static Change of(int code) {
            for (Change change : values()) {
                if (change.code == code) {
                    return change;
                }
            }
            throw new IllegalArgumentException("unknown change " + code);
        }
    }

    /**
     * How a context's owner keeps it.
     *
     * @param archived put away: nothing can be sent to it
     * @param pin where it stands among the pinned, ascending, before all others; {@link #UNPINNED} = it is not
     * @param labels what its owner finds it by
     * @param readTo the offset up to which its owner has read it
     */
    public record Shelf(boolean archived, long pin, SequencedMap<String, String> labels, long readTo) {
        /** Sorts behind every pin. */
        public static final long UNPINNED = Long.MAX_VALUE;

        /** Not put away, not pinned, no labels, nothing read. */
        public static final Shelf NEW = new Shelf(false, UNPINNED, new TreeMap<>(), 0);

        public Shelf {
            labels = java.util.Collections.unmodifiableSequencedMap(new TreeMap<>(labels));
        }

        public boolean pinned() {
            return pin != UNPINNED;
        }

        /** Put away or taken out again; what is put away is not pinned. */
        public Shelf withArchived(boolean put) {
            return new Shelf(put, put ? UNPINNED : pin, labels, readTo);
        }

        public Shelf withPin(long at) {
            return new Shelf(archived, at, labels, readTo);
        }

        public Shelf withLabels(Map<String, String> all) {
            return new Shelf(archived, pin, new TreeMap<>(all), readTo);
        }

        public Shelf withReadTo(long offset) {
            return new Shelf(archived, pin, labels, offset);
        }
    }

    /** A new context of which nothing is known but this. */
    public Context(
            String id,
            String owner,
            String agent,
            @Nullable String title,
            Concurrency concurrency,
            Instant createdAt,
            Instant updatedAt,
            long lastOffset) {
        this(
                id,
                owner,
                agent,
                title,
                concurrency,
                createdAt,
                updatedAt,
                lastOffset,
                null,
                false,
                0,
                0,
                Shelf.NEW,
                Change.CREATED,
                0);
    }

    /** What is left of a deleted context, for those who follow the list. */
    public static Context deleted(String id, String owner, long revision) {
        var none = Instant.EPOCH;
        return new Context(
                id,
                owner,
                "",
                null,
                Concurrency.SERIAL,
                none,
                none,
                0,
                null,
                false,
                0,
                0,
                Shelf.NEW,
                Change.DELETED,
                revision);
    }

    /** True if its agent has said something that its owner has not read. */
    public boolean unread() {
        return answeredAt > shelf.readTo();
    }

    /** After events that changed no state. */
    public Context at(long offset) {
        return copy(title, updatedAt, offset, parentId, held, clearedAt, answeredAt, shelf, change, revision);
    }

    /** After a change of state. */
    public Context changed(Instant now) {
        return copy(title, now, lastOffset, parentId, held, clearedAt, answeredAt, shelf, change, revision)
                .told(Change.STATUS);
    }

    /**
     * The label of a context that is there for one answer alone; its value is the process that hands the answer out. The colon
     * keeps it out of the reach of the chat API's users, whose labels have none.
     */
    public static final String PASSING = "millrace:passing";

    /** For one answer alone, which this process hands out: with that it is gone. */
    Context passing(String process) {
        return with(shelf.withLabels(Map.of(PASSING, process)), change);
    }

    /** The process with which it is gone; null = it is kept. */
    @Nullable String passesWith() {
        return shelf.labels().get(PASSING);
    }

    /**
     * What the end of its tasks, and its own, must survive. What is there for one answer alone is taken away at the next start,
     * so nothing is lost with what a power cut undoes of it.
     */
    Durability durability() {
        return passesWith() == null ? Durability.FSYNCED : Durability.WRITTEN;
    }

    /** As a part of another context. */
    public Context under(@Nullable String parent) {
        return copy(title, updatedAt, lastOffset, parent, held, clearedAt, answeredAt, shelf, change, revision);
    }

    /** With its queue held by a failed task, or let go. */
    public Context withHeld(boolean hold) {
        return copy(title, updatedAt, lastOffset, parentId, hold, clearedAt, answeredAt, shelf, change, revision);
    }

    /** With the boundary that later tasks are not told beyond. */
    public Context withClearedAt(long offset) {
        return copy(title, updatedAt, lastOffset, parentId, held, offset, answeredAt, shelf, change, revision)
                .told(Change.STATUS);
    }

    /** Its agent is done, or asks, as of the newest event. */
    public Context answered() {
        return copy(title, updatedAt, lastOffset, parentId, held, clearedAt, lastOffset, shelf, change, revision);
    }

    public Context withTitle(@Nullable String newTitle) {
        return copy(newTitle, updatedAt, lastOffset, parentId, held, clearedAt, answeredAt, shelf, change, revision)
                .told(Change.TITLE);
    }

    /** Kept otherwise, which is {@link Change#SHELF} or {@link Change#READ}. */
    public Context with(Shelf newShelf, Change what) {
        return copy(title, updatedAt, lastOffset, parentId, held, clearedAt, answeredAt, newShelf, change, revision)
                .told(what);
    }

    /** With the number that the store gave its change. */
    public Context withRevision(long number) {
        return copy(title, updatedAt, lastOffset, parentId, held, clearedAt, answeredAt, shelf, change, number);
    }

    /** To be told of. Of several changes in one transaction the first names it. */
    private Context told(Change what) {
        Change first = revision == 0 ? change : what;
        return copy(title, updatedAt, lastOffset, parentId, held, clearedAt, answeredAt, shelf, first, 0);
    }

    private Context copy(
            @Nullable String newTitle,
            Instant changedAt,
            long last,
            @Nullable String parent,
            boolean hold,
            long cleared,
            long answered,
            Shelf newShelf,
            Change what,
            long number) {
        return new Context(
                id,
                owner,
                agent,
                newTitle,
                concurrency,
                createdAt,
                changedAt,
                last,
                parent,
                hold,
                cleared,
                answered,
                newShelf,
                what,
                number);
    }
}
