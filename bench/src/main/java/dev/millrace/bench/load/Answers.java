package dev.millrace.bench.load;

import dev.millrace.bench.Lost;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/** Reads what a stream said, word by word. */
public final class Answers {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Answers() {}

    /** One frame's payload, out of its JSON-RPC envelope. */
    public static StreamResponse event(byte[] payload) {
        return A2aJson.STREAM_RESPONSE.read(JSON.readTree(payload).required("result"));
    }

    /** The id of the task that a stream is about, by its first event. */
    public static String taskId(Reading reading) {
        return event(reading.payloads().getFirst()) instanceof Task task ? task.id() : "";
    }

    /**
     * Makes sure that the events of a stream make a completed task whose answer is a count to {@code words}.
     *
     * @throws Lost if not
     */
    public static void require(List<byte[]> payloads, int words) {
        Task task = TaskFold.fold(payloads.stream().map(Answers::event).toList());
        String said = task.artifacts().stream().map(Artifact::text).collect(Collectors.joining());
        String expected =
                IntStream.rangeClosed(1, words).mapToObj(Integer::toString).collect(Collectors.joining(" "));
        if (!said.equals(expected) || task.status().state() != TaskState.COMPLETED) {
            throw new Lost(
                    "expected a count to " + words + ", got " + task.status().state() + " and \"" + said + "\"");
        }
    }
}
