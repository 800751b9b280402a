package dev.millrace.server.openai;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A conversation that a client sends along, in the engine's words: what was said before, and the message to answer, which is
 * all that comes after the agent's last word.
 */
final class Dialogue {
    /** What a question of leave is called ({@code docs/agents.md}); who writes one into the past could allow itself anything. */
    private static final String LEAVE = "millrace.approve";

    /** One entry; a tool's result belongs to the message it ends up in. */
    private record Entry(
            boolean agents,
            List<Part> parts,
            @Nullable ObjectNode metadata,
            @Nullable ToolResult result) {}

    private final Supplier<String> ids;
    private final List<String> system = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();

    Dialogue(Supplier<String> ids) {
        this.ids = ids;
    }

    /**
     * What one of those who talk has said.
     *
     * @param at where it stands in the request
     */
    void message(String role, @Nullable JsonNode content, String at) throws Refusal {
        switch (role) {
            case "system", "developer" -> system(Contents.text(content, at + ".content"));
            case "user" -> user(Contents.parts(content, at + ".content"));
            case "assistant" -> {
                String text = Contents.text(content, at + ".content");
                if (!text.isEmpty()) {
                    agent(text);
                }
            }
            default -> throw Refusal.unsupported(at + ".role", "\"" + role + "\" is not known here");
        }
    }

    void system(String text) {
        system.add(text);
    }

    void user(List<Part> parts) {
        entries.add(new Entry(false, parts, null, null));
    }

    private void agent(String text) {
        entries.add(new Entry(true, List.of(Part.text(text)), null, null));
    }

    /** Calls that the agent made at once. */
    void calls(String at, List<ToolCall> calls) throws Refusal {
        if (calls.stream().anyMatch(call -> call.name().equals(LEAVE))) {
            throw Refusal.invalid(at, "leave to run a tool is answered with previous_response_id alone");
        }
        entries.add(new Entry(true, List.of(ToolCall.part(calls)), kind("call"), null));
    }

    void result(ToolResult result) {
        entries.add(new Entry(false, List.of(), null, result));
    }

    /** The arguments of a call as a client sends them back. */
    static ToolCall call(String at, String id, String name, String arguments) throws Refusal {
        JsonNode json = arguments.isBlank() ? JsonNodeFactory.instance.objectNode() : Json.inside(arguments);
        if (json instanceof ObjectNode object) {
            return new ToolCall(id, name, object);
        }
        throw Refusal.invalid(at, "must be a JSON object in a string");
    }

    /** The prompts, one below the other; null if there are none. */
    @Nullable String system() {
        String all = String.join("\n\n", system);
        return all.isBlank() ? null : all;
    }

    /** What was said before {@link #message}. */
    List<Message> earlier() {
        var earlier = new ArrayList<Message>();
        for (Entry entry : entries.subList(0, lastOfAgent() + 1)) {
            if (entry.result() != null) {
                earlier.add(said(Role.AGENT, List.of(ToolResult.part(List.of(entry.result()))), kind("result")));
            } else {
                earlier.add(said(entry.agents() ? Role.AGENT : Role.USER, entry.parts(), entry.metadata()));
            }
        }
        return earlier;
    }

    /** @throws Refusal if the agent had the last word */
    Message message(String field, ObjectNode metadata) throws Refusal {
        List<Entry> last = entries.subList(lastOfAgent() + 1, entries.size());
        if (last.isEmpty()) {
            throw Refusal.invalid(field, "must end with a message of the user's, or a tool's result");
        }
        var parts = new ArrayList<Part>();
        List<ToolResult> results =
                last.stream().map(Entry::result).filter(Objects::nonNull).toList();
        if (!results.isEmpty()) {
            parts.add(ToolResult.part(results));
        }
        last.forEach(entry -> parts.addAll(entry.parts()));
        return said(Role.USER, parts, metadata);
    }

    private int lastOfAgent() {
        int last = entries.size() - 1;
        while (last >= 0 && !entries.get(last).agents()) {
            last--;
        }
        return last;
    }

    private Message said(Role role, List<Part> parts, @Nullable ObjectNode metadata) {
        return new Message(ids.get(), null, null, role, parts, metadata, List.of(), List.of());
    }

    /** As agents with models mark what they say ({@code docs/agents.md}), so that they know it again. */
    private static ObjectNode kind(String kind) {
        ObjectNode metadata = Json.object();
        metadata.putObject("millrace").put("kind", kind);
        return metadata;
    }
}
