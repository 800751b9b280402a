package dev.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.MutualTlsSecurityScheme;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
    private static final TaskStatus WORKING = TaskStatus.of(TaskState.WORKING, Instant.EPOCH);

    @ParameterizedTest
    @CsvSource({
        "SUBMITTED, false, false, 1",
        "WORKING, false, false, 2",
        "COMPLETED, true, false, 3",
        "FAILED, true, false, 4",
        "CANCELED, true, false, 5",
        "INPUT_REQUIRED, false, true, 6",
        "REJECTED, true, false, 7",
        "AUTH_REQUIRED, false, true, 8"
    })
    void a_state_is_terminal_or_interrupted_or_neither(
            TaskState state, boolean terminal, boolean interrupted, int number) {
        assertThat(state.terminal()).isEqualTo(terminal);
        assertThat(state.interrupted()).isEqualTo(interrupted);
        assertThat(state.number()).isEqualTo(number);
        assertThat(state.wireName()).isEqualTo("TASK_STATE_" + state);
    }

    @Test
    void lists_are_copied_and_cannot_be_changed() {
        List<Part> parts = new ArrayList<>(List.of(Part.text("a")));
        var artifact = Artifact.of("x").withParts(parts);

        parts.clear();

        assertThat(artifact.text()).isEqualTo("a");
        assertThatThrownBy(() -> artifact.parts().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void text_is_that_of_the_text_parts_alone() {
        assertThat(Message.of("m", Role.USER, Part.text("a"), Part.url("u"), Part.text("b"))
                        .text())
                .isEqualTo("ab");
        assertThat(Message.of("m", Role.USER, Part.url("u")).text()).isEmpty();
        assertThat(Message.of("m", Role.USER).text()).isEmpty();
        assertThat(Artifact.text("a", "x").text()).isEqualTo("x");
    }

    @Test
    void a_required_field_is_required() {
        assertThatNullPointerException()
                .isThrownBy(() -> Message.user(null, "text"))
                .withMessage("messageId");
        assertThatNullPointerException()
                .isThrownBy(() -> Task.of("t", "c", null))
                .withMessage("status");
    }

    @Test
    void a_status_keeps_whole_milliseconds() {
        var status = TaskStatus.of(TaskState.WORKING, Instant.parse("2025-10-28T10:30:00.123999Z"));

        assertThat(status.timestamp()).isEqualTo(Instant.parse("2025-10-28T10:30:00.123Z"));
    }

    @Test
    void history_length_keeps_the_newest() {
        var task = Task.of("t", "c", WORKING)
                .withHistory(List.of(Message.user("1", ""), Message.user("2", ""), Message.user("3", "")));

        assertThat(task.withHistoryLength(null)).isEqualTo(task);
        assertThat(task.withHistoryLength(9)).isEqualTo(task);
        assertThat(task.withHistoryLength(2).history())
                .extracting(Message::messageId)
                .containsExactly("2", "3");
        assertThat(task.withHistoryLength(0).history()).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> task.withHistoryLength(-1));
    }

    @Test
    void every_event_says_where_it_belongs() {
        List<StreamResponse> events = List.of(
                Task.of("t", "c", WORKING),
                Message.user("m", "x").in("c", "t"),
                TaskStatusUpdateEvent.of("t", "c", WORKING),
                TaskArtifactUpdateEvent.whole("t", "c", Artifact.text("a", "x")));

        assertThat(events).extracting(StreamResponse::taskId).containsOnly("t");
        assertThat(events).extracting(StreamResponse::contextId).containsOnly("c");
    }

    @Test
    void bytes_are_compared_and_not_printed() {
        assertThat(Part.raw(new byte[] {1, 2}, "x/y")).isEqualTo(Part.raw(new byte[] {1, 2}, "x/y"));
        assertThat(Part.raw(new byte[] {1, 2}, "x/y")).isNotEqualTo(Part.raw(new byte[] {1, 3}, "x/y"));
        assertThat(Part.raw(new byte[] {1, 2}, "x/y")).asString().contains("2 bytes");
    }

    @Test
    void secrets_are_not_printed() {
        var config = new TaskPushNotificationConfig(
                null, "id", "t", "https://example.org", "s3cret", new AuthenticationInfo("Bearer", "s3cret"));

        assertThat(config.toString()).doesNotContain("s3cret").contains("hidden", "Bearer", "https://example.org");
    }

    @Test
    void a_card_keeps_the_order_of_its_schemes() {
        var builder = AgentCard.named("x");
        List<String> names = List.of("z", "y", "a", "m", "b", "q", "c");
        names.forEach(name -> builder.securityScheme(name, new MutualTlsSecurityScheme(name)));

        assertThat(builder.build().securitySchemes().keySet()).containsExactlyElementsOf(names);
    }
}
