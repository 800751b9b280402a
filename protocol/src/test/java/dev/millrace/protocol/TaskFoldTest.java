package dev.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class TaskFoldTest {
    private static final Instant NOW = Instant.parse("2025-10-28T10:30:00Z");
    private static final Task SUBMITTED =
            Task.of("t", "c", TaskStatus.of(TaskState.SUBMITTED, NOW)).withHistory(List.of(Message.user("m-1", "hi")));

    private static TaskArtifactUpdateEvent chunk(boolean append, Artifact piece) {
        return TaskArtifactUpdateEvent.chunk("t", "c", piece, append);
    }

    private static TaskStatusUpdateEvent status(TaskState state, Message message) {
        return TaskStatusUpdateEvent.of("t", "c", TaskStatus.of(state, NOW).withMessage(message));
    }

    private static ObjectNode json(String key, int value) {
        return JsonNodeFactory.instance.objectNode().put(key, value);
    }

    private static Artifact onlyArtifact(StreamResponse... events) {
        List<StreamResponse> all = new ArrayList<>(List.of(SUBMITTED));
        all.addAll(List.of(events));
        assertThat(TaskFold.fold(all).artifacts()).hasSize(1);
        return TaskFold.fold(all).artifacts().getFirst();
    }

    // ---- status and history

    @Test
    void a_task_sets_everything() {
        var fold = new TaskFold(SUBMITTED.withArtifacts(List.of(Artifact.text("old", "x"))));

        fold.apply(SUBMITTED);

        assertThat(fold.task()).isEqualTo(SUBMITTED);
    }

    @Test
    void the_message_of_the_status_before_moves_to_the_history() {
        Message asks = Message.agent("m-2", "Which one?");
        var fold = new TaskFold(SUBMITTED);

        fold.apply(status(TaskState.INPUT_REQUIRED, asks));
        assertThat(fold.task().status().message()).isEqualTo(asks);
        assertThat(fold.task().history()).extracting(Message::messageId).containsExactly("m-1");

        fold.apply(status(TaskState.WORKING, null));
        assertThat(fold.task().status().message()).isNull();
        assertThat(fold.task().history()).extracting(Message::messageId).containsExactly("m-1", "m-2");
    }

    @Test
    void an_answer_stands_after_the_question_that_the_status_asked() {
        var fold = new TaskFold(SUBMITTED);

        fold.apply(status(TaskState.INPUT_REQUIRED, Message.agent("m-2", "Which one?")));
        fold.apply(Message.user("m-3", "This one.").in("c", "t"));
        fold.apply(status(TaskState.WORKING, null));

        assertThat(fold.task().history()).extracting(Message::messageId).containsExactly("m-1", "m-2", "m-3");
    }

    @Test
    void a_status_that_is_said_again_speaks_once() {
        Message busy = Message.agent("m-2", "Busy.");
        var fold = new TaskFold(SUBMITTED);

        fold.apply(status(TaskState.WORKING, busy));
        fold.apply(status(TaskState.WORKING, busy));
        fold.apply(status(TaskState.COMPLETED, null));

        assertThat(fold.task().history()).extracting(Message::messageId).containsExactly("m-1", "m-2");
    }

    @Test
    void a_message_that_is_in_the_history_is_not_added_again() {
        var fold = new TaskFold(SUBMITTED);

        fold.apply(Message.user("m-1", "hi"));

        assertThat(fold.task()).isEqualTo(SUBMITTED);
    }

    // ---- artifacts

    @Test
    void streamed_text_becomes_one_part() {
        Artifact artifact = onlyArtifact(
                chunk(false, Artifact.text("a", "one ")),
                chunk(true, Artifact.text("a", "two ")),
                chunk(true, Artifact.text("a", "three")));

        assertThat(artifact).isEqualTo(Artifact.text("a", "one two three"));
    }

    @Test
    void a_chunk_without_append_replaces_the_artifact_at_its_place() {
        Task task = TaskFold.fold(List.of(
                SUBMITTED,
                chunk(false, Artifact.text("a", "wrong")),
                chunk(false, Artifact.text("b", "other")),
                chunk(true, Artifact.text("a", " text")),
                chunk(false, Artifact.text("a", "right"))));

        assertThat(task.artifacts()).containsExactly(Artifact.text("a", "right"), Artifact.text("b", "other"));
    }

    @Test
    void an_append_to_an_unknown_artifact_begins_it() {
        assertThat(onlyArtifact(chunk(true, Artifact.text("a", "late")))).isEqualTo(Artifact.text("a", "late"));
    }

    @Test
    void text_that_is_not_alike_stays_apart() {
        TextPart plain = Part.text("a");
        TextPart markdown = new TextPart("b", null, null, "text/markdown");
        TextPart named = new TextPart("c", null, "file.txt", "text/markdown");
        TextPart marked = new TextPart("d", json("x", 1), "file.txt", "text/markdown");

        Artifact artifact = onlyArtifact(
                chunk(false, Artifact.of("a", plain)),
                chunk(true, Artifact.of("a", markdown)),
                chunk(true, Artifact.of("a", named)),
                chunk(true, Artifact.of("a", marked)),
                chunk(true, Artifact.of("a", marked)));

        assertThat(artifact.parts()).containsExactly(plain, markdown, named, marked.withText("dd"));
    }

    @Test
    void only_the_seam_between_two_chunks_is_closed() {
        Artifact artifact = onlyArtifact(
                chunk(false, Artifact.of("a", Part.text("1"), Part.text("2"))),
                chunk(true, Artifact.of("a", Part.text("3"), Part.text("4"), Part.url("u"))),
                chunk(true, Artifact.of("a", Part.text("5"))),
                chunk(true, Artifact.of("a")));

        assertThat(artifact.parts())
                .containsExactly(Part.text("1"), Part.text("23"), Part.text("4"), Part.url("u"), Part.text("5"));
    }

    @Test
    void what_else_a_chunk_says_is_laid_over_what_is_there() {
        Artifact first =
                new Artifact("a", "name", "first", List.of(), json("x", 1).put("y", 1), List.of("e1"));
        Artifact second = new Artifact("a", null, "second", List.of(), json("y", 2), List.of("e2", "e1"));

        assertThat(onlyArtifact(chunk(false, first), chunk(true, second)))
                .isEqualTo(new Artifact(
                        "a", "name", "second", List.of(), json("x", 1).put("y", 2), List.of("e1", "e2")));
        assertThat(first.metadata())
                .as("shared trees are not changed")
                .isEqualTo(json("x", 1).put("y", 1));
    }

    @Test
    void a_snapshot_does_not_change_when_the_task_goes_on() {
        var fold = new TaskFold(SUBMITTED);
        fold.apply(chunk(false, Artifact.text("a", "one")));
        fold.apply(chunk(true, Artifact.text("a", " two")));
        Task snapshot = fold.task();

        fold.apply(chunk(true, Artifact.text("a", " three")));
        fold.apply(status(TaskState.COMPLETED, null));

        assertThat(snapshot.artifacts()).containsExactly(Artifact.text("a", "one two"));
        assertThat(snapshot.status().state()).isEqualTo(TaskState.SUBMITTED);
        assertThat(fold.task().artifacts()).containsExactly(Artifact.text("a", "one two three"));
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void half_a_million_chunks_cost_no_more_than_their_sum() {
        // Copying the text for each chunk would move 625 GB here, minutes of work; the fold moves a few MB.
        int chunks = 500_000;
        var fold = new TaskFold(SUBMITTED);
        var piece = chunk(true, Artifact.text("a", "words"));

        for (int i = 0; i < chunks; i++) {
            fold.apply(piece);
        }

        assertThat(fold.task().artifacts().getFirst().text()).hasSize(5 * chunks);
    }

    // ---- what cannot be

    @Test
    void an_event_of_another_task_is_refused_and_changes_nothing() {
        var fold = new TaskFold(SUBMITTED);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> fold.apply(TaskStatusUpdateEvent.of("other", "c", SUBMITTED.status())))
                .withMessageContaining("other");
        assertThat(fold.task()).isEqualTo(SUBMITTED);
    }

    @Test
    void there_is_no_task_before_its_status_is_known() {
        var fold = new TaskFold();
        assertThat(fold.hasTask()).isFalse();
        assertThatIllegalStateException().isThrownBy(fold::task).withMessageContaining("which task");

        fold.apply(chunk(false, Artifact.text("a", "x")));
        assertThat(fold.hasTask()).isFalse();
        assertThatIllegalStateException().isThrownBy(fold::task).withMessageContaining("status");

        fold.apply(status(TaskState.WORKING, null));
        assertThat(fold.hasTask()).isTrue();
        assertThat(fold.task().artifacts()).containsExactly(Artifact.text("a", "x"));
    }

    // ---- merging

    @Property(tries = 300)
    void merged_chunks_give_the_artifact_that_the_chunks_give(
            @ForAll("chunks") List<TaskArtifactUpdateEvent> chunks, @ForAll boolean last) {
        TaskArtifactUpdateEvent merged = TaskArtifactUpdateEvent.merge(chunks, last);

        assertThat(merged.append()).isFalse();
        assertThat(merged.lastChunk()).isEqualTo(last);
        assertThat(onlyArtifact(merged)).isEqualTo(onlyArtifact(chunks.toArray(StreamResponse[]::new)));
    }

    @Property(tries = 300)
    void a_reader_who_saw_any_part_of_the_chunks_ends_with_the_whole(
            @ForAll("chunks") List<TaskArtifactUpdateEvent> chunks, @ForAll int seed) {
        int seen = Math.floorMod(seed, chunks.size() + 1);
        List<StreamResponse> events = new ArrayList<>(chunks.subList(0, seen));
        events.add(TaskArtifactUpdateEvent.merge(chunks));

        assertThat(onlyArtifact(events.toArray(StreamResponse[]::new)))
                .isEqualTo(onlyArtifact(chunks.toArray(StreamResponse[]::new)));
    }

    @Property(tries = 300)
    void no_text_is_lost(@ForAll("chunks") List<TaskArtifactUpdateEvent> chunks) {
        var expected = new StringBuilder();
        for (TaskArtifactUpdateEvent chunk : chunks) {
            if (!chunk.append()) {
                expected.setLength(0);
            }
            expected.append(chunk.artifact().text());
        }

        assertThat(onlyArtifact(chunks.toArray(StreamResponse[]::new)).text()).hasToString(expected.toString());
    }

    @Provide
    Arbitrary<List<TaskArtifactUpdateEvent>> chunks() {
        Arbitrary<Part> parts = Arbitraries.oneOf(
                AnyA2a.texts().map(Part::text),
                AnyA2a.texts().map(Part::text),
                AnyA2a.texts().map(text -> new TextPart(text, null, null, "text/markdown")),
                AnyA2a.parts());
        return Combinators.combine(
                        parts.list().ofMaxSize(3),
                        AnyA2a.optionalTexts(),
                        AnyA2a.metadata(),
                        Arbitraries.frequency(Tuple.of(5, true), Tuple.of(1, false)))
                .as((pieces, name, metadata, append) ->
                        chunk(append, new Artifact("a", name, null, pieces, metadata, List.of())))
                .list()
                .ofMinSize(1)
                .ofMaxSize(8);
    }

    @Test
    void a_merge_is_the_last_chunk_if_its_last_chunk_is() {
        var open = chunk(true, Artifact.text("a", "x"));
        var last = new TaskArtifactUpdateEvent("t", "c", Artifact.text("a", "y"), true, true, null);

        assertThat(TaskArtifactUpdateEvent.merge(List.of(open, last)))
                .isEqualTo(TaskArtifactUpdateEvent.whole("t", "c", Artifact.text("a", "xy")));
        assertThat(TaskArtifactUpdateEvent.merge(List.of(open)).lastChunk()).isFalse();
    }

    @Test
    void chunks_that_do_not_belong_together_are_not_merged() {
        var chunk = chunk(false, Artifact.text("a", "x"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> TaskArtifactUpdateEvent.merge(List.of(chunk, chunk(true, Artifact.text("b", "y")))))
                .withMessageContaining("t/a and t/b");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TaskArtifactUpdateEvent.merge(List.of()))
                .withMessageContaining("at least one");
    }
}
