package dev.millrace.agents;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a user is asked whether a tool may run: by a call of {@value #TOOL} to the user's client, with what would run as its
 * arguments, {@code {"call":{"id","name","arguments"},"target":…,"hash":…}}. {@code {"approved":true}} allows it, and {@code
 * true} does; all else does not, and neither does an answer that did not come in time. The question is in the journal, so
 * the answer is good after a restart, and it is for that call alone: the hash is of the tool, its target and the arguments,
 * and what it is of is looked at again before the tool runs.
 */
final class Approvals {
    /** What the user's client is asked to run. No model can call it: their tools have no dot in their names. */
    static final String TOOL = "millrace.approve";

    private Approvals() {}

    /** A call that was asked about, and why it may not run; null = it may. */
    record Decided(ToolCall call, String hash, @Nullable String refusal) {}

    static ToolCall question(ToolCall call, String target) {
        ObjectNode arguments = Marks.object();
        arguments
                .putObject("call")
                .put("id", call.id())
                .put("name", call.name())
                .set("arguments", call.arguments());
        if (!target.isEmpty()) {
            arguments.put("target", target);
        }
        return new ToolCall("approve-" + call.id(), TOOL, arguments.put("hash", hash(call, target)));
    }

    /** What the user decided with this message, in the order of the questions. */
    static List<Decided> in(List<Message> history, Message message) {
        List<ToolResult> results = ToolResult.in(message);
        var decided = new ArrayList<Decided>();
        if (results.isEmpty()) {
            return decided;
        }
        for (Message earlier : history.reversed()) {
            if (earlier.role() == Role.AGENT) {
                List<ToolCall> questions = ToolCall.in(earlier).stream()
                        .filter(call -> call.name().equals(TOOL))
                        .toList();
                for (ToolCall question : questions) {
                    results.stream()
                            .filter(result -> result.id().equals(question.id()))
                            .findFirst()
                            .ifPresent(result -> decided.add(decided(question, result)));
                }
                if (!questions.isEmpty()) {
                    break; // an answer is to the newest question
                }
            }
        }
        return decided;
    }

    private static Decided decided(ToolCall question, ToolResult result) {
        JsonNode call = question.arguments().path("call");
        ObjectNode arguments = call.path("arguments") instanceof ObjectNode given ? given : Marks.object();
        String hash = question.arguments().path("hash").asString("");
        return new Decided(
                new ToolCall(call.path("id").asString("?"), call.path("name").asString("?"), arguments),
                hash,
                refusal(result, hash));
    }

    private static @Nullable String refusal(ToolResult result, String hash) {
        JsonNode answer = result.result();
        if (answer == null) {
            return ToolResult.LAPSED.equals(result.error())
                    ? "not run: the user was asked to allow it and did not answer in time"
                    : "not run: the user did not allow it (" + result.error() + ")";
        }
        boolean yes = answer.isBoolean()
                ? answer.booleanValue()
                : answer.path("approved").asBoolean(false);
        if (yes && answer.has("hash") && !answer.path("hash").asString("").equals(hash)) {
            return "not run: the user allowed another call than this one";
        }
        String reason = answer.path("reason").asString("");
        return yes ? null : "not run: the user did not allow it" + (reason.isEmpty() ? "" : " (" + reason + ")");
    }

    /** SHA-256 in hexadecimal digits. */
    static String hash(ToolCall call, String target) {
        try {
            String all = call.name() + "\n" + target + "\n" + call.arguments();
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
