package dev.millrace.client;

import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.A2aJson;

/** The JSON of the events of a task {@code t1} in a context {@code c1}, and a short form to compare events by. */
final class Events {
    private Events() {}

    static String task(String state) {
        return "{\"task\":" + bareTask(state, "") + "}";
    }

    static String bareTask(String state, String text) {
        String artifacts = text.isEmpty()
                ? ""
                : ",\"artifacts\":[{\"artifactId\":\"answer\",\"parts\":[{\"text\":\"" + text + "\"}]}]";
        return "{\"id\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"TASK_STATE_" + state + "\"}" + artifacts
                + "}";
    }

    static String status(String state) {
        return "{\"statusUpdate\":{\"taskId\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"TASK_STATE_" + state
                + "\"}}}";
    }

    static String chunk(String text) {
        return "{\"artifactUpdate\":{\"taskId\":\"t1\",\"contextId\":\"c1\",\"append\":true,\"artifact\":{\"artifactId\":"
                + "\"answer\",\"parts\":[{\"text\":\"" + text + "\"}]}}}";
    }

    static String message(String text) {
        return "{\"message\":{\"messageId\":\"m9\",\"role\":\"ROLE_AGENT\",\"parts\":[{\"text\":\"" + text + "\"}]}}";
    }

    static String json(StreamResponse event) {
        return A2aJson.STREAM_RESPONSE.writeText(event);
    }

    /** This event as the client would write it. */
    static String json(String event) {
        return A2aJson.STREAM_RESPONSE.writeText(
                A2aJson.STREAM_RESPONSE.read(event.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }
}
