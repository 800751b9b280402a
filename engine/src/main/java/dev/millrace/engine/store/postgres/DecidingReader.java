package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Event;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskEvents;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.WholeConversation;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decision sees: the view of its context with the changes so far over it, and the database for the rest, each
 * question a round trip. What the database answers may be newer than the view; then the view is old, and what was decided
 * is not written.
 */
final class DecidingReader implements Reader {
    private final Change change;
    private final Reader queries;

    DecidingReader(Change change, Reader queries) {
        this.change = change;
        this.queries = queries;
    }

    private boolean own(String contextId) {
        return change.contextId().equals(contextId);
    }

    private Reader queries() {
        change.requireNothingWritten();
        return queries;
    }

    @Override
    public @Nullable Context context(String contextId) {
        return own(contextId) ? change.context() : queries.context(contextId);
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        TaskRecord known = change.task(taskId);
        if (known != null || change.before().origin() == View.Origin.GUESSED) {
            return known;
        }
        return queries().task(taskId);
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        return own(contextId) ? change.openTasks() : queries.openTasks(contextId);
    }

    @Override
    public List<TaskRecord> tasks(String contextId) {
        return queries().tasks(contextId);
    }

    @Override
    public List<Journal.Entry<Event>> events(String contextId, long after, int max) {
        return queries().events(contextId, after, max);
    }

    @Override
    public List<Journal.Entry<Event>> eventsOf(TaskRecord task) {
        return queries().eventsOf(task);
    }

    @Override
    public @Nullable Event lastStatus(TaskRecord task) {
        return queries().lastStatus(task);
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return own(contextId) ? change.recall(key) : queries.recall(contextId, key);
    }

    @Override
    public List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max) {
        return queries().conversation(contextId, from, backwards, max);
    }

    @Override
    public List<TaskEvents> conversationFrom(String contextId, String key) {
        return queries().conversationFrom(contextId, key);
    }

    @Override
    public @Nullable TaskEvents lastWorkedOn(String contextId) {
        return queries().lastWorkedOn(contextId);
    }

    @Override
    public @Nullable WholeConversation whole(String owner, String contextId) {
        return queries().whole(owner, contextId);
    }

    @Override
    public List<Context> parts(String contextId) {
        return queries().parts(contextId);
    }

    @Override
    public Page<Context> contexts(ContextQuery query) {
        return queries().contexts(query);
    }

    @Override
    public List<Context> changes(String owner, long after, int max) {
        return queries().changes(owner, after, max);
    }

    @Override
    public long revision(String owner) {
        return queries().revision(owner);
    }

    @Override
    public Page<TaskRecord> tasks(TaskQuery query) {
        return queries().tasks(query);
    }

    @Override
    public List<TaskRecord> runnable(int max) {
        return queries().runnable(max);
    }

    @Override
    public List<TaskRecord> leasedByOthers(String holder) {
        return queries().leasedByOthers(holder);
    }

    @Override
    public List<TaskRecord> unmerged(int max) {
        return queries().unmerged(max);
    }

    @Override
    public List<OpenTasks> openCounts() {
        return queries().openCounts();
    }

    @Override
    public List<TaskRecord> due(int max) {
        return queries().due(max);
    }

    @Override
    public Usage usage(String owner, @Nullable String contextId) {
        return queries().usage(owner, contextId);
    }

    @Override
    public List<DayUsage> usageByDay(String owner, LocalDate from) {
        return queries().usageByDay(owner, from);
    }
}
