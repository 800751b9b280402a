package dev.millrace.bench.peers;

import dev.millrace.bench.Lost;
import dev.millrace.bench.load.Answers;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Line;
import dev.millrace.bench.load.Reading;
import dev.millrace.bench.load.Requests;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is asked of every peer, byte for byte the same. Times are nanoseconds on the wire: answers are checked after them. */
final class Load {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private Load() {}

    /** Sends a text over a kept connection and checks that the completed task holds it. */
    static long send(Peer peer, Line line, String text) throws IOException {
        byte[] request = Requests.send(peer.path(), text);
        line.ready();
        long began = System.nanoTime();
        byte[] answer = line.call(request);
        long took = System.nanoTime() - began;
        Task task = A2aJson.TASK.read(JsonText.parse(answer).path("result").path("task"), "result.task");
        String said = task.artifacts().stream().map(Artifact::text).collect(Collectors.joining());
        if (task.status().state() != TaskState.COMPLETED || !said.strip().endsWith(text)) {
            throw new Lost(peer.name() + " answered " + task.status().state() + " and \""
                    + said.substring(0, Math.min(80, said.length())) + "\"");
        }
        return took;
    }

    /**
     * Opens so many streams at once and reads them to their ends; checks every event of each. Over the connections of the
     * streams before, where the server has kept them.
     */
    static long streams(Peer peer, Crowd crowd, int count, int words) throws IOException {
        List<Reading> readings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            readings.add(crowd.connectAgain(Requests.stream(peer.path(), words), true));
        }
        long began = System.nanoTime();
        crowd.send(readings);
        crowd.readToEnd(readings, LIMIT);
        long took = System.nanoTime() - began;
        for (Reading reading : readings) {
            reading.requireCompleted();
            Answers.require(reading.payloads(), words);
        }
        return took;
    }

    /**
     * Reads one stream a few kilobytes at a time, with a rest after each.
     *
     * @return whether all of it came; what did not is what the server dropped
     */
    static boolean slowly(Peer peer, int words, Duration rest) throws IOException {
        try (var crowd = new Crowd(peer.port())) {
            Reading reading = crowd.connectSlow(Requests.stream(peer.path(), words), rest, true);
            crowd.send(List.of(reading));
            crowd.readToEnd(List.of(reading), LIMIT);
            try {
                reading.requireCompleted();
                Answers.require(reading.payloads(), words);
                return true;
            } catch (Lost incomplete) {
                return false;
            }
        }
    }
}
