package dev.millrace.bench.load;

import dev.millrace.bench.Lost;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
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
        if (!said.equals(count(words)) || task.status().state() != TaskState.COMPLETED) {
            throw new Lost(
                    "expected a count to " + words + ", got " + task.status().state() + " and \"" + said + "\"");
        }
    }

    /** Whether this is a whole answer, to replace all of its pieces, and a count to {@code words}. */
    static boolean isCount(byte[] payload, long words) {
        return event(payload) instanceof TaskArtifactUpdateEvent update
                && !update.append()
                && update.artifact().text().equals(count(words));
    }

    private static String count(long words) {
        return LongStream.rangeClosed(1, words).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }
}
