package dev.millrace.server.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Somebody who reads a chat over Server-Sent Events and remembers only what a reader has: the last offset, and for each
 * task the text so far and the last state. It folds by the protocol's words alone, not with the server's code.
 */
final class ChatReader {
    private final Map<String, Map<String, StringBuilder>> texts = new HashMap<>();
    private final Map<String, String> states = new HashMap<>();
    private final List<String> log = new ArrayList<>();
    private long offset;
    private int chunks;

    /** Called for each chunk of text, on the reading thread. */
    interface Watch {
        void chunk();
    }

    /**
     * Reads on from the last offset until the stream ends in good order (true) or is cut (false).
     *
     * @param until end when this task has ended; null = never
     */
    boolean read(URI stream, String until, Watch watch) throws InterruptedException {
        log.add("reading on after " + offset);
        var request = HttpRequest.newBuilder(until == null ? stream : URI.create(stream + "?until=" + until));
        if (offset > 0) {
            request.header("Last-Event-ID", Long.toString(offset));
        }
        try {
            HttpResponse<java.io.InputStream> response = Web.CLIENT.send(request.build(), BodyHandlers.ofInputStream());
            if (response.statusCode() != 200) {
                String problem = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
                throw new AssertionError("the stream after " + offset + " was refused: " + problem);
            }
            try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                return frames(lines, watch);
            }
        } catch (IOException cut) {
            return false;
        }
    }

    private boolean frames(BufferedReader lines, Watch watch) throws IOException {
        String id = null;
        String data = null;
        // A frame counts when its empty line has come (HTML standard, 9.2.6).
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("data: ")) {
                data = line.substring(6);
            } else if (line.isEmpty() && data != null) {
                see(Long.parseLong(id), Web.JSON.readTree(data), watch);
                data = null;
            }
        }
        return true;
    }

    private synchronized void see(long at, JsonNode entry, Watch watch) {
        if (at <= offset || entry.get("offset").longValue() != at) {
            throw new AssertionError("after offset " + offset + " came " + at + ": " + entry);
        }
        offset = at;
        log.add(entry.toString());
        JsonNode event = entry.get("event");
        String task = entry.path("taskId").asString("");
        if (event.has("artifactUpdate")) {
            JsonNode update = event.get("artifactUpdate");
            JsonNode artifact = update.get("artifact");
            var text = new StringBuilder();
            artifact.get("parts").forEach(part -> text.append(part.path("text").asString("")));
            var ofTask = texts.computeIfAbsent(task, id -> new TreeMap<>());
            if (update.path("append").asBoolean(false)) {
                ofTask.computeIfAbsent(artifact.get("artifactId").stringValue(), id -> new StringBuilder())
                        .append(text);
            } else {
                ofTask.put(artifact.get("artifactId").stringValue(), text);
            }
            chunks++;
            watch.chunk();
        } else if (event.has("statusUpdate")) {
            states.put(task, event.at("/statusUpdate/status/state").stringValue());
        } else if (event.has("task")) {
            states.put(task, event.at("/task/status/state").stringValue());
        }
    }

    /** What the reader has of the task's answer. */
    synchronized String text(String task) {
        return String.join("", texts.getOrDefault(task, Map.of()).values());
    }

    /** The last state the reader saw of the task, as A2A names it; "" if it saw none. */
    synchronized String state(String task) {
        return states.getOrDefault(task, "");
    }

    synchronized boolean ended(String task) {
        return state(task).equals("TASK_STATE_COMPLETED");
    }

    synchronized int chunks() {
        return chunks;
    }

    /** All that it was sent about the task, and where it began to read, for the account of a failure. */
    synchronized String log(String task) {
        return String.join(
                "\n",
                log.stream()
                        .filter(line -> line.contains(task) || line.startsWith("reading"))
                        .toList());
    }
}
