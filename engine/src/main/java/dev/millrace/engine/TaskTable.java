package dev.millrace.engine;

import static dev.millrace.engine.Transition.ACQUIRE;
import static dev.millrace.engine.Transition.ANSWER;
import static dev.millrace.engine.Transition.ASK;
import static dev.millrace.engine.Transition.ASK_AUTH;
import static dev.millrace.engine.Transition.CANCEL;
import static dev.millrace.engine.Transition.EDIT;
import static dev.millrace.engine.Transition.EMIT;
import static dev.millrace.engine.Transition.FAIL;
import static dev.millrace.engine.Transition.FINISH;
import static dev.millrace.engine.Transition.RECOVER;
import static dev.millrace.engine.Transition.REJECT;
import static dev.millrace.engine.Transition.SEND;
import static dev.millrace.protocol.TaskState.AUTH_REQUIRED;
import static dev.millrace.protocol.TaskState.CANCELED;
import static dev.millrace.protocol.TaskState.COMPLETED;
import static dev.millrace.protocol.TaskState.FAILED;
import static dev.millrace.protocol.TaskState.INPUT_REQUIRED;
import static dev.millrace.protocol.TaskState.REJECTED;
import static dev.millrace.protocol.TaskState.SUBMITTED;
import static dev.millrace.protocol.TaskState.WORKING;

import dev.millrace.protocol.TaskState;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The state machine of a task: (state, transition) → state. What is not listed is refused. */
public final class TaskTable {
    private static final Map<Transition, Map<TaskState, TaskState>> TABLE = new EnumMap<>(Transition.class);

    static {
        allow(EDIT, SUBMITTED, SUBMITTED);
        allow(ACQUIRE, WORKING, SUBMITTED);
        allow(EMIT, WORKING, WORKING);
        allow(ASK, INPUT_REQUIRED, WORKING);
        allow(ASK_AUTH, AUTH_REQUIRED, WORKING);
        allow(ANSWER, SUBMITTED, INPUT_REQUIRED, AUTH_REQUIRED);
        allow(FINISH, COMPLETED, WORKING);
        allow(FAIL, FAILED, WORKING);
        allow(REJECT, REJECTED, WORKING);
        allow(CANCEL, CANCELED, SUBMITTED, WORKING, INPUT_REQUIRED, AUTH_REQUIRED);
        allow(RECOVER, SUBMITTED, WORKING);
    }

    private TaskTable() {}

    private static void allow(Transition transition, TaskState to, TaskState... from) {
        var row = TABLE.computeIfAbsent(transition, t -> new EnumMap<>(TaskState.class));
        for (TaskState state : from) {
            row.put(state, to);
        }
    }

    /** The state after {@code transition} in {@code from} (null = the task does not exist yet), or empty: refused. */
    public static Optional<TaskState> next(@Nullable TaskState from, Transition transition) {
        if (from == null) {
            return transition == SEND ? Optional.of(SUBMITTED) : Optional.empty();
        }
        return Optional.ofNullable(TABLE.getOrDefault(transition, Map.of()).get(from));
    }
}
