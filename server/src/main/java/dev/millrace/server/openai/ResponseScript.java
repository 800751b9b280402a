package dev.millrace.server.openai;

import dev.millrace.engine.ToolCall;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A response as OpenAI's clients follow it: what a {@link Telling} says becomes items, and events that tell of them.
 *
 * <p>An event's {@code sequence_number} counts characters where text grows and events elsewhere, so it does not depend on
 * how the text was cut into pieces. A reader who comes back after any number gets exactly the rest, also when the chunks have
 * been merged since. Only a text that was begun again has no such place; but the last event always comes, and it has the
 * whole response.
 */
final class ResponseScript implements Telling.Listener {
    /** An item of the output that grows. */
    private static final class Item {
        private final String source;
        private final boolean thought;
        private final int index;
        private final ObjectNode json;
        private final StringBuilder text = new StringBuilder();

        Item(String source, boolean thought, int index, ObjectNode json) {
            this.source = source;
            this.thought = thought;
            this.index = index;
            this.json = json;
        }

        String id() {
            return json.path("id").asString();
        }
    }

    /** An item that is whole. */
    private record Finished(String source, ObjectNode json) {}

    private final ResponseId id;
    private final long after;
    private final BiConsumer<String, ObjectNode> told;
    private final Telling telling;
    private final List<Finished> output = new ArrayList<>();
    private @Nullable Item open;
    private int items;
    private long next;
    private boolean begun;

    /**
     * @param after the number of the last event that the reader has; -1 = none
     * @param told the type of an event, and the event
     */
    ResponseScript(ResponseId id, long after, BiConsumer<String, ObjectNode> told) {
        this.id = id;
        this.after = after;
        this.told = told;
        telling = new Telling(id.taskId(), this);
    }

    /** What is to be told the journal's events, through {@link #hear}. */
    Telling telling() {
        return telling;
    }

    /** After each event that the telling has heard. */
    void heard() {
        begin();
        if (telling.over()) {
            close("completed");
            String type =
                    switch (status()) {
                        case "completed" -> "response.completed";
                        case "failed" -> "response.failed";
                        default -> "response.incomplete";
                    };
            long number = next++;
            if (number != after) {
                tell(type, number, Json.object().set("response", json()));
            }
        }
    }

    private void begin() {
        if (!begun && telling.message() != null) {
            begun = true;
            event("response.created", Json.object().set("response", json()));
            event("response.in_progress", Json.object().set("response", json()));
        }
    }

    @Override
    public void text(String source, String more) {
        Item item = open != null && open.source.equals(source) && !open.thought ? open : message(source);
        grow(item, "response.output_text.delta", "content_index", more);
    }

    private Item message(String source) {
        ObjectNode json = Json.object()
                .put("id", "msg_" + items + "_" + id.taskId())
                .put("type", "message")
                .put("status", "in_progress")
                .put("role", "assistant");
        json.putArray("content");
        Item item = open(new Item(source, false, items, json));
        event("response.content_part.added", place(item, "content_index").set("part", words("output_text", "")));
        return item;
    }

    @Override
    public void thought(String source, String more) {
        Item item = open != null && open.source.equals(source) && open.thought ? open : reasoning(source);
        grow(item, "response.reasoning_summary_text.delta", "summary_index", more);
    }

    private Item reasoning(String source) {
        ObjectNode json =
                Json.object().put("id", "rs_" + items + "_" + id.taskId()).put("type", "reasoning");
        json.putArray("summary");
        Item item = open(new Item(source, true, items, json));
        event(
                "response.reasoning_summary_part.added",
                place(item, "summary_index").set("part", words("summary_text", "")));
        return item;
    }

    private Item open(Item item) {
        begin();
        close("completed");
        items++;
        open = item;
        event("response.output_item.added", at(item.index).set("item", item.json.deepCopy()));
        return item;
    }

    private void grow(Item item, String type, String part, String more) {
        item.text.append(more);
        long first = next;
        next += more.length();
        if (next - 1 <= after) {
            return;
        }
        int seen = (int) Math.max(0, after - first + 1);
        if (seen > 0 && Character.isLowSurrogate(more.charAt(seen))) {
            seen--; // never half a character
        }
        ObjectNode delta = place(item, part).put("delta", more.substring(seen));
        if (!item.thought) {
            delta.putArray("logprobs");
        }
        tell(type, next - 1, delta);
    }

    private void close(String status) {
        Item item = open;
        if (item == null) {
            return;
        }
        open = null;
        String text = item.text.toString();
        ObjectNode part = words(item.thought ? "summary_text" : "output_text", text);
        if (item.thought) {
            event(
                    "response.reasoning_summary_text.done",
                    place(item, "summary_index").put("text", text));
            event(
                    "response.reasoning_summary_part.done",
                    place(item, "summary_index").set("part", part));
            item.json.putArray("summary").add(part);
        } else {
            ObjectNode done = place(item, "content_index").put("text", text);
            done.putArray("logprobs");
            event("response.output_text.done", done);
            event("response.content_part.done", place(item, "content_index").set("part", part));
            item.json.put("status", status).putArray("content").add(part);
        }
        event("response.output_item.done", at(item.index).set("item", item.json.deepCopy()));
        if (status.equals("completed")) {
            output.add(new Finished(item.source, item.json));
        }
    }

    private static ObjectNode words(String type, String text) {
        ObjectNode part = Json.object().put("type", type).put("text", text);
        if (type.equals("output_text")) {
            part.putArray("annotations");
            part.putArray("logprobs");
        }
        return part;
    }

    @Override
    public void withdrawn(String source) {
        if (open != null && open.source.equals(source)) {
            close("incomplete");
        } else {
            output.removeIf(item -> item.source().equals(source));
        }
    }

    @Override
    public void calls(List<ToolCall> calls) {
        begin();
        close("completed");
        for (ToolCall call : calls) {
            int index = items++;
            String arguments = call.arguments().toString();
            ObjectNode item = Json.object()
                    .put("id", "fc_" + index + "_" + id.taskId())
                    .put("type", "function_call")
                    .put("status", "in_progress")
                    .put("call_id", call.id())
                    .put("name", call.name())
                    .put("arguments", "");
            event("response.output_item.added", at(index).set("item", item.deepCopy()));
            event("response.function_call_arguments.delta", of(item, index).put("delta", arguments));
            event(
                    "response.function_call_arguments.done",
                    of(item, index).put("name", call.name()).put("arguments", arguments));
            item.put("status", "completed").put("arguments", arguments);
            event("response.output_item.done", at(index).set("item", item.deepCopy()));
            output.add(new Finished("", item));
        }
    }

    private static ObjectNode at(int index) {
        return Json.object().put("output_index", index);
    }

    private static ObjectNode of(ObjectNode item, int index) {
        return at(index).put("item_id", item.path("id").asString());
    }

    private static ObjectNode place(Item item, String part) {
        return at(item.index).put("item_id", item.id()).put(part, 0);
    }

    private void event(String type, ObjectNode event) {
        long number = next++;
        if (number > after) {
            tell(type, number, event);
        }
    }

    private void tell(String type, long number, ObjectNode event) {
        told.accept(type, event.put("type", type).put("sequence_number", number));
    }

    private String status() {
        TaskState state = telling.state();
        return switch (state) {
            case SUBMITTED -> "queued";
            case WORKING -> "in_progress";
            case FAILED, REJECTED -> "failed";
            case CANCELED -> "cancelled";
            default -> telling.cutShort() ? "incomplete" : "completed";
        };
    }

    /** The response as it is now. */
    ObjectNode json() {
        Message message = telling.message();
        JsonNode asked = message == null || message.metadata() == null
                ? Json.object()
                : message.metadata().path("openai");
        ObjectNode json = Json.object()
                .put("id", id.toString())
                .put("object", "response")
                .put("created_at", telling.createdAt())
                .put("status", status())
                .put("background", asked.path("background").asBoolean(false));
        Refusal failure = telling.over() && status().equals("failed") ? Outcome.failure(telling) : null;
        if (failure == null) {
            json.putNull("error");
        } else {
            json.putObject("error").put("code", "server_error").put("message", failure.message());
        }
        if (telling.cutShort()) {
            json.putObject("incomplete_details").put("reason", "max_output_tokens");
        } else {
            json.putNull("incomplete_details");
        }
        json.put("model", asked.path("model").asString(""))
                .put("parallel_tool_calls", true)
                .put("tool_choice", "auto");
        for (String field :
                List.of("instructions", "previous_response_id", "max_output_tokens", "temperature", "top_p")) {
            json.set(field, asked.path(field).isMissingNode() ? null : asked.path(field));
        }
        json.set("metadata", asked.path("metadata").isObject() ? asked.path("metadata") : Json.object());
        json.put("store", asked.path("store").asBoolean(true)).put("truncation", "disabled");
        json.putObject("text").putObject("format").put("type", "text");
        json.putObject("reasoning")
                .set(
                        "effort",
                        message == null || message.metadata() == null
                                ? null
                                : message.metadata().get("effort"))
                .putNull("summary");
        json.set("tools", tools(message));
        ArrayNode all = json.putArray("output");
        output.forEach(item -> all.add(item.json()));
        if (open != null) {
            ObjectNode item = open.json.deepCopy();
            item.putArray(open.thought ? "summary" : "content")
                    .add(words(open.thought ? "summary_text" : "output_text", open.text.toString()));
            all.add(item);
        }
        return json.set("usage", telling.over() ? usage(telling.spent()) : null);
    }

    private static ArrayNode tools(@Nullable Message message) {
        ArrayNode tools = Json.array();
        if (message != null && message.metadata() != null) {
            for (JsonNode tool : message.metadata().path("clientTools")) {
                tools.addObject().put("type", "function").put("strict", false).setAll((ObjectNode) tool);
            }
        }
        return tools;
    }

    private static ObjectNode usage(Telling.Spent spent) {
        ObjectNode usage = Json.object().put("input_tokens", spent.input());
        usage.putObject("input_tokens_details")
                .put("cached_tokens", spent.cached())
                .put("cache_write_tokens", spent.cacheWrites());
        usage.put("output_tokens", spent.output())
                .putObject("output_tokens_details")
                .put("reasoning_tokens", spent.reasoning());
        return usage.put("total_tokens", spent.input() + spent.output());
    }
}
