package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TaskTableTest {
    /** The table once more, as a person would draw it: a dot is a refusal. Also read by the test through the ledger. */
    private static final String DRAWN = """
            from           SEND      EDIT      ACQUIRE EMIT    ASK            ASK_AUTH      ANSWER    FINISH    FAIL   REJECT   CANCEL   RECOVER
            nothing        SUBMITTED .         .       .       .              .             .         .         .      .        .        .
            SUBMITTED      .         SUBMITTED WORKING .       .              .             .         .         .      .        CANCELED .
            WORKING        .         .         .       WORKING INPUT_REQUIRED AUTH_REQUIRED .         COMPLETED FAILED REJECTED CANCELED SUBMITTED
            INPUT_REQUIRED .         .         .       .       .              .             SUBMITTED .         .      .        CANCELED .
            AUTH_REQUIRED  .         .         .       .       .              .             SUBMITTED .         .      .        CANCELED .
            COMPLETED      .         .         .       .       .              .             .         .         .      .        .        .
            FAILED         .         .         .       .       .              .             .         .         .      .        .        .
            CANCELED       .         .         .       .       .              .             .         .         .      .        .        .
            REJECTED       .         .         .       .       .              .             .         .         .      .        .        .
            """;

    static Optional<TaskState> drawn(TaskState from, Transition transition) {
        List<String> lines = DRAWN.lines().toList();
        List<String> head = List.of(lines.getFirst().split(" +", -1));
        Map<String, String[]> rows = new HashMap<>();
        lines.stream().skip(1).map(line -> line.split(" +", -1)).forEach(row -> rows.put(row[0], row));
        String cell = rows.get(from == null ? "nothing" : from.name())[head.indexOf(transition.name())];
        return cell.equals(".") ? Optional.empty() : Optional.of(TaskState.valueOf(cell));
    }

    static Stream<Arguments> everyPair() {
        var pairs = new ArrayList<Arguments>();
        for (Transition transition : Transition.values()) {
            pairs.add(Arguments.of(null, transition));
            for (TaskState state : TaskState.values()) {
                pairs.add(Arguments.of(state, transition));
            }
        }
        return pairs.stream();
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void every_state_and_transition_gives_what_is_drawn_and_the_rest_is_refused(TaskState from, Transition transition) {
        assertThat(TaskTable.next(from, transition)).isEqualTo(drawn(from, transition));
    }

    @Test
    void nothing_leaves_a_terminal_state_and_every_other_state_can_be_left() {
        for (TaskState state : TaskState.values()) {
            boolean left = Stream.of(Transition.values())
                    .anyMatch(t ->
                            TaskTable.next(state, t).filter(to -> to != state).isPresent());
            assertThat(left).as("%s can be left", state).isEqualTo(!state.terminal());
        }
    }

    @Test
    void a_serial_context_is_held_by_what_runs_or_waits_for_its_user() {
        for (TaskState state : TaskState.values()) {
            var task = new TaskRecord("t", "c", "me", "a", state, Instant.EPOCH, 1, 1, 0, null, 0, false);
            assertThat(task.holds())
                    .as("%s holds", state)
                    .isEqualTo(state == TaskState.WORKING
                            || state == TaskState.INPUT_REQUIRED
                            || state == TaskState.AUTH_REQUIRED);
        }
    }
}
