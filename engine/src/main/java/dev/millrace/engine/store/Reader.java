package dev.millrace.engine.store;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Event;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A consistent view of one context (and, for lists, of the whole store). Valid only inside the call it is given to. */
public interface Reader {
    @Nullable Context context(String contextId);

    @Nullable TaskRecord task(String taskId);

    /** The context's tasks that have not ended, by place. */
    List<TaskRecord> openTasks(String contextId);

    /** All of the context's tasks, by position. */
    List<TaskRecord> tasks(String contextId);

    /** The context's events after an offset, in order, at most {@code max}. */
    List<Journal.Entry<Event>> events(String contextId, long after, int max);

    /** All events of the task, in order. */
    List<Journal.Entry<Event>> eventsOf(TaskRecord task);

    /** The newest of the task's {@link Event.Kind#STATUS} events; null = there is none. */
    default @Nullable Event lastStatus(TaskRecord task) {
        return eventsOf(task).reversed().stream()
                .map(Journal.Entry::event)
                .filter(event -> event.kind() == Event.Kind.STATUS)
                .findFirst()
                .orElse(null);
    }

    @Nullable SendKey recall(String contextId, String key);

    /**
     * At most {@code max} of the context's tasks that are part of the conversation, before or after {@code from} in its
     * order, the nearest first.
     *
     * @param from null = from the end, or from the beginning
     */
    List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max);

    /**
     * The task that a message made or answered, by the key of that send, and all that are behind it in the conversation;
     * none if the key is unknown, or the task is no longer part of the conversation. Events come with the first alone,
     * and only if its user said more to it than what it began with.
     */
    default List<TaskEvents> conversationFrom(String contextId, String key) {
        SendKey send = recall(contextId, key);
        TaskRecord first = send == null ? null : task(send.answer().taskId());
        if (first == null || first.gone()) {
            return List.of();
        }
        var all = new ArrayList<TaskEvents>();
        all.add(first.messageAt() == first.position() ? new TaskEvents(first, List.of()) : shown(first));
        conversation(contextId, first, false, Integer.MAX_VALUE)
                .forEach(task -> all.add(new TaskEvents(task, List.of())));
        return all;
    }

    /** The last task of the conversation that does not wait in the queue; null if there is none. */
    default @Nullable TaskEvents lastWorkedOn(String contextId) {
        TaskRecord from = null;
        while (true) {
            List<TaskRecord> tasks = conversation(contextId, from, true, 16);
            for (TaskRecord task : tasks) {
                if (!task.queued()) {
                    return shown(task);
                }
            }
            if (tasks.isEmpty()) {
                return null;
            }
            from = tasks.getLast();
        }
    }

    /** The context with all that is part of its conversation, the queue included; null if the owner has no such context. */
    default @Nullable WholeConversation whole(String owner, String contextId) {
        Context context = context(contextId);
        if (context == null || !context.owner().equals(owner)) {
            return null;
        }
        return new WholeConversation(
                context,
                conversation(contextId, null, false, Integer.MAX_VALUE).stream()
                        .map(this::shown)
                        .toList());
    }

    /** The task and those of its events that are part of the conversation. */
    default TaskEvents shown(TaskRecord task) {
        if (task.gone()) {
            return new TaskEvents(task, List.of());
        }
        List<Journal.Entry<Event>> events = eventsOf(task);
        return new TaskEvents(
                task,
                task.cutAt() == 0
                        ? events
                        : events.stream()
                                .filter(entry -> task.shows(entry.offset()))
                                .toList());
    }

    /**
     * What the owner's tasks took, day by day, the oldest first, those of deleted contexts included; days without tasks are
     * left out.
     *
     * @param from the first day, in UTC
     */
    default List<DayUsage> usageByDay(String owner, LocalDate from) {
        var days = new TreeMap<LocalDate, Usage>();
        Instant since = from.atStartOfDay(ZoneOffset.UTC).toInstant();
        String after = null;
        do {
            Page<TaskRecord> page = tasks(new TaskQuery(owner, null, null, null, since, 500, after));
            for (TaskRecord task : page.items()) {
                days.merge(LocalDate.ofInstant(task.statusAt(), ZoneOffset.UTC), task.usage(), Usage::plus);
            }
            after = page.next();
        } while (after != null);
        return days.entrySet().stream()
                .map(day -> new DayUsage(day.getKey(), day.getValue()))
                .toList();
    }

    /** The contexts that are parts of this one. */
    List<Context> parts(String contextId);

    /** The context itself, what it is a part of, and its parts, in any order; who has none of these is not in it. */
    default List<Context> around(String contextId) {
        var around = new ArrayList<>(parts(contextId));
        Context context = context(contextId);
        if (context != null) {
            around.add(context);
            Context parent = context.parentId() == null ? null : context(context.parentId());
            if (parent != null) {
                around.add(parent);
            }
        }
        return around;
    }

    /** The contexts that the query asks for, in {@link ContextPlace}'s order. An {@code after} that is none gives none. */
    Page<Context> contexts(ContextQuery query);

    /** All of the owner's contexts. */
    default Page<Context> contexts(String owner, int limit, @Nullable String after) {
        return contexts(ContextQuery.of(owner, limit, after));
    }

    /**
     * The owner's contexts that have changed after a revision, as they are now, by revision, at most {@code max}. Those
     * that were deleted are among them ({@link Context#deleted}).
     */
    List<Context> changes(String owner, long after, int max);

    /** The owner's newest revision; 0 if there is none. */
    long revision(String owner);

    Page<TaskRecord> tasks(TaskQuery query);

    /**
     * Tasks that could run now, at most {@code max}: SUBMITTED, and first in line where the context is SERIAL. Taken
     * from all owners in turn, each owner's oldest first.
     */
    List<TaskRecord> runnable(int max);

    /** WORKING tasks whose holder is dead: any other than {@code holder}, or, in a shared store, one whose lease ran out. */
    List<TaskRecord> leasedByOthers(String holder);

    /** Ended tasks whose chunks were never merged. */
    List<TaskRecord> unmerged(int max);

    /** Tasks that have to be answered by a time, the soonest first, at most {@code max}. */
    List<TaskRecord> due(int max);

    /** How many tasks of all owners have not ended, by owner, agent and state. Costs what there are of these. */
    List<OpenTasks> openCounts();

    /**
     * What the owner's tasks took together, or those of one of the owner's contexts.
     *
     * @param contextId null = all of the owner's, those of deleted contexts included
     */
    Usage usage(String owner, @Nullable String contextId);
}
