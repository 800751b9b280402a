package dev.millrace.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What would break a promise is found; what looks like it and does not is let pass. */
class WitnessTest {
    private final Findings findings = new Findings();
    private final Conversation conversation = new Conversation("c", true, new Tally());
    private final Witness witness = new Witness("reader", conversation, findings);

    private static Feed.Frame frame(long offset, String task, String event) {
        return new Feed.Frame(
                offset,
                Feed.JSON.readTree("{\"offset\":" + offset + ",\"taskId\":\"" + task + "\",\"event\":" + event + "}"));
    }

    private static Feed.Frame made(long offset, String task) {
        return frame(
                offset,
                task,
                "{\"task\":{\"status\":{\"state\":\"TASK_STATE_SUBMITTED\"},\"history\":[{\"messageId\":\"m-" + task
                        + "\"}]}}");
    }

    private static Feed.Frame state(long offset, String task, String state) {
        return frame(offset, task, "{\"statusUpdate\":{\"status\":{\"state\":\"TASK_STATE_" + state + "\"}}}");
    }

    private static Feed.Frame say(long offset, String task, boolean append, String words) {
        return frame(
                offset,
                task,
                "{\"artifactUpdate\":{\"artifact\":{\"artifactId\":\"answer\",\"parts\":[{\"text\":\"" + words
                        + "\"}]},\"append\":" + append + "}}");
    }

    private void sees(Feed.Frame... frames) {
        for (Feed.Frame frame : frames) {
            witness.see(frame);
        }
    }

    private void begins() {
        sees(made(1, "a"), state(2, "a", "WORKING"), say(3, "a", false, "r1g1t1:1/3 "));
    }

    private void assertFound(String what) {
        assertThat(findings.kept()).singleElement().asString().contains(what);
    }

    @Test
    void a_task_that_is_taken_over_and_merged_is_as_it_should_be() {
        begins();
        sees(
                say(4, "a", true, "r1g1t1:2/3 "),
                state(5, "a", "SUBMITTED"),
                state(6, "a", "WORKING"),
                say(7, "a", false, "r2g1t1:1/3 "),
                say(9, "a", false, "r2g1t1:1/3 r2g1t1:2/3 r2g1t1:3/3 "),
                state(10, "a", "COMPLETED"));
        assertThat(findings.kept()).isEmpty();
        assertThat(conversation.allEnded()).isTrue();
    }

    @Test
    void an_event_that_comes_twice_is_found() {
        begins();
        sees(say(3, "a", true, "r1g1t1:2/3 "));
        assertFound("after offset 3 came 3");
    }

    @Test
    void a_word_that_is_missing_is_found() {
        begins();
        sees(say(4, "a", true, "r1g1t1:3/3 "));
        assertFound("after word 1 of r1g1t1 came word 3");
    }

    @Test
    void the_words_of_two_workers_in_one_answer_are_found() {
        begins();
        sees(say(4, "a", true, "r2g1t1:2/3 "));
        assertFound("mixed");
    }

    @Test
    void a_worker_who_writes_after_another_has_taken_over_is_found() {
        begins();
        sees(say(4, "a", false, "r2g1t1:1/3 "), say(5, "a", false, "r1g1t1:1/3 "));
        assertFound("r1g1t1 wrote again");
    }

    @Test
    void an_end_without_all_words_is_found() {
        begins();
        sees(state(4, "a", "COMPLETED"));
        assertFound("completed, but");
    }

    @Test
    void whatever_follows_an_end_is_found() {
        begins();
        sees(state(4, "a", "CANCELED"), say(5, "a", true, "r1g1t1:2/3 "));
        assertFound("after its end");
    }

    @Test
    void a_task_that_overtakes_the_one_before_it_is_found() {
        begins();
        sees(made(4, "b"), state(5, "b", "WORKING"));
        assertFound("works before its turn");
    }

    @Test
    void two_readers_who_are_told_different_things_are_found() {
        begins();
        var other = new Witness("other", conversation, findings);
        for (Feed.Frame frame : List.of(made(1, "a"), state(2, "a", "CANCELED"))) {
            other.see(frame);
        }
        assertFound("another reader saw another event at offset 2");
    }

    @Test
    void an_event_that_a_reader_was_never_given_is_found_when_somebody_reads_everything_afterwards() {
        begins();
        sees(say(4, "a", true, "r1g1t1:2/3 "), say(5, "a", true, "r1g1t1:3/3 "), state(7, "a", "COMPLETED"));
        var afterwards = new Witness("afterwards", conversation, findings);
        for (Feed.Frame frame : List.of(
                made(1, "a"),
                state(2, "a", "WORKING"),
                say(5, "a", false, "r1g1t1:1/3 r1g1t1:2/3 r1g1t1:3/3 "),
                state(6, "a", "WORKING"),
                state(7, "a", "COMPLETED"))) {
            afterwards.see(frame);
        }
        witness.compare(afterwards);
        assertFound("it never saw the events at {6}");
    }

    @Test
    void words_that_one_reader_saw_merged_and_another_one_by_one_are_the_same() {
        begins();
        sees(say(5, "a", false, "r1g1t1:1/3 r1g1t1:2/3 r1g1t1:3/3 "), state(6, "a", "COMPLETED"));
        var other = new Witness("afterwards", conversation, findings);
        for (Feed.Frame frame : List.of(
                made(1, "a"),
                state(2, "a", "WORKING"),
                say(3, "a", false, "r1g1t1:1/3 "),
                say(4, "a", true, "r1g1t1:2/3 "),
                say(5, "a", true, "r1g1t1:3/3 "),
                state(6, "a", "COMPLETED"))) {
            other.see(frame);
        }
        witness.compare(other);
        other.compare(witness);
        assertThat(findings.kept()).isEmpty();
    }

    private static Feed.Frame rewound(long offset, String message, String... tasks) {
        var gone = new java.util.ArrayList<String>();
        for (String task : tasks) {
            gone.add("{\"taskId\":\"" + task + "\",\"from\":1,\"gone\":true}");
        }
        return frame(offset, "", "{\"rewound\":{\"messageId\":\"" + message + "\",\"tasks\":" + gone + "}}");
    }

    private static Feed.Frame queue(long offset, String... tasks) {
        return frame(offset, "", "{\"queue\":{\"taskIds\":[\"" + String.join("\",\"", tasks) + "\"]}}");
    }

    @Test
    void an_edit_that_takes_out_its_message_and_all_behind_it_is_as_it_should_be() {
        begins();
        sees(
                made(4, "b"),
                made(5, "c"),
                state(6, "b", "CANCELED"),
                state(7, "c", "CANCELED"),
                rewound(8, "m-b", "b", "c"),
                made(9, "d"));
        assertThat(findings.kept()).isEmpty();
        assertThat(conversation.standing()).containsExactly("m-a", "m-d");
    }

    @Test
    void an_edit_that_leaves_something_behind_its_message_is_found() {
        begins();
        sees(made(4, "b"), made(5, "c"), state(6, "b", "CANCELED"), rewound(7, "m-b", "b"));
        assertFound("left m-c");
    }

    @Test
    void an_edit_that_takes_out_more_is_found() {
        begins();
        sees(made(4, "b"), state(5, "a", "CANCELED"), state(6, "b", "CANCELED"), rewound(7, "m-b", "b", "a"));
        assertFound("took out m-a");
    }

    @Test
    void a_task_that_goes_on_after_an_edit_took_it_out_is_found() {
        begins();
        sees(made(4, "b"), state(5, "b", "CANCELED"), rewound(6, "m-b", "b"));
        var other = new Witness("who came later", conversation, findings);
        other.see(state(7, "b", "WORKING"));
        assertFound("after an edit had taken it out");
    }

    @Test
    void a_message_that_was_promoted_is_worked_on_first_and_one_that_was_not_is_found() {
        begins();
        sees(made(4, "b"), made(5, "c"), queue(6, "c", "b"), state(7, "a", "CANCELED"), state(8, "c", "WORKING"));
        assertThat(findings.kept()).isEmpty();
        assertThat(conversation.standing()).containsExactly("m-a", "m-c", "m-b");
        sees(state(9, "b", "WORKING"));
        assertFound("works before its turn");
    }

    @Test
    void a_message_that_was_edited_where_it_waited_keeps_its_place() {
        begins();
        sees(
                made(4, "b"),
                frame(
                        5,
                        "b",
                        "{\"task\":{\"status\":{\"state\":\"TASK_STATE_SUBMITTED\"},\"history\":[{\"messageId\":\"new\"}]}}"));
        assertThat(findings.kept()).isEmpty();
        assertThat(conversation.standing()).containsExactly("m-a", "new");
    }
}
