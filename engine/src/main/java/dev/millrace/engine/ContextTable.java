package dev.millrace.engine;

import static dev.millrace.engine.ContextAction.ANSWER;
import static dev.millrace.engine.ContextAction.ARCHIVE;
import static dev.millrace.engine.ContextAction.ARRANGE;
import static dev.millrace.engine.ContextAction.CLEAR;
import static dev.millrace.engine.ContextAction.CREATE;
import static dev.millrace.engine.ContextAction.DELETE;
import static dev.millrace.engine.ContextAction.DELETE_QUEUED;
import static dev.millrace.engine.ContextAction.EDIT;
import static dev.millrace.engine.ContextAction.EDIT_QUEUED;
import static dev.millrace.engine.ContextAction.FORK;
import static dev.millrace.engine.ContextAction.INTERRUPT;
import static dev.millrace.engine.ContextAction.PROMOTE;
import static dev.millrace.engine.ContextAction.REORDER;
import static dev.millrace.engine.ContextAction.RETRY;
import static dev.millrace.engine.ContextAction.SEND;
import static dev.millrace.engine.ContextAction.SEND_INTERRUPTING;
import static dev.millrace.engine.ContextAction.UNARCHIVE;
import static dev.millrace.engine.ContextState.ARCHIVED;
import static dev.millrace.engine.ContextState.ARCHIVED_FAILED;
import static dev.millrace.engine.ContextState.ARCHIVED_FAILED_QUEUED;
import static dev.millrace.engine.ContextState.FAILED;
import static dev.millrace.engine.ContextState.FAILED_QUEUED;
import static dev.millrace.engine.ContextState.IDLE;
import static dev.millrace.engine.ContextState.NONE;
import static dev.millrace.engine.ContextState.RUNNING;
import static dev.millrace.engine.ContextState.RUNNING_QUEUED;
import static dev.millrace.engine.ContextState.WAITING;
import static dev.millrace.engine.ContextState.WAITING_QUEUED;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * The state machine of a conversation: (state, action) → the states that may come of it. What is not listed is refused.
 *
 * <p>Several states are listed where it depends on how much waits: a queue of one, or of more; or on whether a place is
 * free for what became runnable. A {@code SERIAL} context is meant; a {@code PARALLEL} one knows no queue and is never
 * FAILED, so that where the table says {@code X_QUEUED} it is RUNNING.
 */
public final class ContextTable {
    private static final Map<ContextAction, Map<ContextState, Set<ContextState>>> TABLE =
            new EnumMap<>(ContextAction.class);

    static {
        on(CREATE).from(NONE, RUNNING, RUNNING_QUEUED);

        on(SEND).from(IDLE, RUNNING, RUNNING_QUEUED)
                .from(RUNNING, RUNNING_QUEUED)
                .from(RUNNING_QUEUED, RUNNING_QUEUED)
                .from(WAITING, WAITING_QUEUED)
                .from(WAITING_QUEUED, WAITING_QUEUED)
                .from(FAILED, RUNNING, RUNNING_QUEUED)
                .from(FAILED_QUEUED, RUNNING_QUEUED);
        on(SEND_INTERRUPTING)
                .from(IDLE, RUNNING, RUNNING_QUEUED)
                .from(RUNNING, RUNNING, RUNNING_QUEUED)
                .from(RUNNING_QUEUED, RUNNING_QUEUED)
                .from(WAITING, RUNNING, RUNNING_QUEUED)
                .from(WAITING_QUEUED, RUNNING_QUEUED)
                .from(FAILED, RUNNING, RUNNING_QUEUED)
                .from(FAILED_QUEUED, RUNNING_QUEUED);
        on(ANSWER)
                .from(RUNNING, RUNNING) // of a PARALLEL context, where another task works
                .from(WAITING, RUNNING)
                .from(WAITING_QUEUED, RUNNING_QUEUED);

        on(EDIT).from(IDLE, RUNNING, RUNNING_QUEUED)
                .from(RUNNING, RUNNING, RUNNING_QUEUED)
                .from(RUNNING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(WAITING, RUNNING, RUNNING_QUEUED)
                .from(WAITING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(FAILED, RUNNING, RUNNING_QUEUED)
                .from(FAILED_QUEUED, RUNNING, RUNNING_QUEUED);
        on(RETRY)
                .from(IDLE, RUNNING, RUNNING_QUEUED)
                .from(FAILED, RUNNING, RUNNING_QUEUED)
                .from(FAILED_QUEUED, RUNNING_QUEUED);
        on(INTERRUPT)
                .from(IDLE, IDLE)
                .from(RUNNING, IDLE)
                .from(RUNNING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(WAITING, IDLE)
                .from(WAITING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(FAILED, FAILED)
                .from(FAILED_QUEUED, FAILED_QUEUED);

        for (ContextAction action : EnumSet.of(EDIT_QUEUED, REORDER)) {
            on(action)
                    .from(RUNNING_QUEUED, RUNNING_QUEUED)
                    .from(WAITING_QUEUED, WAITING_QUEUED)
                    .from(FAILED_QUEUED, FAILED_QUEUED);
        }
        on(DELETE_QUEUED)
                .from(RUNNING_QUEUED, IDLE, RUNNING, RUNNING_QUEUED)
                .from(WAITING_QUEUED, WAITING, WAITING_QUEUED)
                .from(FAILED_QUEUED, FAILED, FAILED_QUEUED);
        on(PROMOTE)
                .from(RUNNING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(WAITING_QUEUED, RUNNING, RUNNING_QUEUED)
                .from(FAILED_QUEUED, RUNNING, RUNNING_QUEUED);

        on(CLEAR).from(IDLE, IDLE).from(FAILED, IDLE);
        on(ARCHIVE)
                .from(IDLE, ARCHIVED)
                .from(FAILED, ARCHIVED_FAILED)
                .from(FAILED_QUEUED, ARCHIVED_FAILED_QUEUED)
                .from(ARCHIVED, ARCHIVED)
                .from(ARCHIVED_FAILED, ARCHIVED_FAILED)
                .from(ARCHIVED_FAILED_QUEUED, ARCHIVED_FAILED_QUEUED);
        on(UNARCHIVE).from(ARCHIVED, IDLE).from(ARCHIVED_FAILED, FAILED).from(ARCHIVED_FAILED_QUEUED, FAILED_QUEUED);
        for (ContextState state : ContextState.values()) {
            if (state != NONE) {
                on(FORK).from(state, state);
                on(ARRANGE).from(state, state);
                on(DELETE).from(state, NONE);
            }
            if (state != NONE && !state.archived()) {
                on(UNARCHIVE).from(state, state);
            }
        }
    }

    private ContextTable() {}

    private record Row(Map<ContextState, Set<ContextState>> cells) {
        Row from(ContextState from, ContextState first, ContextState... more) {
            cells.put(from, EnumSet.of(first, more));
            return this;
        }
    }

    private static Row on(ContextAction action) {
        return new Row(TABLE.computeIfAbsent(action, a -> new EnumMap<>(ContextState.class)));
    }

    /** The states that {@code action} may lead to from {@code from}; empty: it is refused. */
    public static Set<ContextState> next(ContextState from, ContextAction action) {
        return Set.copyOf(TABLE.getOrDefault(action, Map.of()).getOrDefault(from, Set.of()));
    }
}
