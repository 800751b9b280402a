package dev.millrace.agents;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an earlier attempt of a turn has left, which was lost with its process.
 *
 * @param whole what counts: the steps whose calls are on record, and a summary
 * @param lastStep the last of them; 0 = there is none
 * @param open calls that are on record and have no result: they ran, or did not
 * @param waiting calls that the user was about to be asked about
 * @param left the ids of artifacts of a step that was not whole; it is taken again
 */
record Resumed(List<Message> whole, int lastStep, List<Placed> open, List<Placed> waiting, Set<String> left) {

    /** A call and where it stands. */
    record Placed(int step, int index, ToolCall call) {}

    static Resumed of(List<Message> said) {
        int end = 0;
        for (int i = 0; i < said.size(); i++) {
            if (settled(said.get(i))) {
                end = i + 1;
            }
        }
        List<Message> whole = said.subList(0, end);
        var left = new LinkedHashSet<String>();
        said.subList(end, said.size()).forEach(message -> {
            String id = message.messageId();
            if (!Marks.in(message).isMissingNode() || !message.text().isEmpty()) {
                left.add(id.substring(id.indexOf('/') + 1));
            }
        });
        var answered = new HashSet<String>();
        whole.forEach(message -> ToolResult.in(message).forEach(result -> answered.add(result.id())));
        var open = new ArrayList<Placed>();
        var waiting = new ArrayList<Placed>();
        int lastStep = 0;
        for (Message message : whole) {
            JsonNode marks = Marks.in(message);
            int step = marks.path("step").asInt(0);
            lastStep = Math.max(lastStep, step);
            int index = marks.path("index").asInt(0);
            if (Marks.is(message, Marks.Kind.CALL)) {
                ToolCall.in(message).stream()
                        .filter(call -> !answered.contains(call.id()))
                        .forEach(call -> open.add(new Placed(step, index, call)));
                if (marks.path("waits") instanceof ObjectNode call) {
                    waiting.add(new Placed(
                            step,
                            index,
                            new ToolCall(
                                    call.path("id").asString("?"),
                                    call.path("name").asString("?"),
                                    call.path("arguments") instanceof ObjectNode given ? given : Marks.object())));
                }
            }
        }
        return new Resumed(List.copyOf(whole), lastStep, open, waiting, left);
    }

    private static boolean settled(Message message) {
        // A summary has its account once it is whole.
        return Marks.in(message).has("step") || Marks.is(message, Marks.Kind.RESULT);
    }
}
