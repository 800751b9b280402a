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
    /** What an item is, and where what is added to it stands. */
    private enum Sort {
        MESSAGE("response.output_text", "content_index", "output_text"),
        REASONING("response.reasoning_summary_text", "summary_index", "summary_text"),
        CALL("response.function_call_arguments", "", "");

        private final String events;
        private final String index;
        private final String part;

        Sort(String events, String index, String part) {
            this.events = events;
            this.index = index;
            this.part = part;
        }
    }

    /** An item of the output that grows. */
    private static final class Item {
        private final String source;
        private final Sort sort;
        private final int index;
        private final ObjectNode json;
        private final StringBuilder text = new StringBuilder();

        Item(String source, Sort sort, int index, ObjectNode json) {
            this.source = source;
            this.sort = sort;
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
        Item item = opened(source, Sort.MESSAGE);
        grow(item == null ? message(source) : item, more);
    }

    private Item message(String source) {
        ObjectNode json = Json.object()
                .put("id", "msg_" + items + "_" + id.taskId())
                .put("type", "message")
                .put("status", "in_progress")
                .put("role", "assistant");
        json.putArray("content");
        Item item = open(new Item(source, Sort.MESSAGE, items, json));
        event("response.content_part.added", place(item).set("part", words(item, "")));
        return item;
    }

    @Override
    public void thought(String source, String more) {
        Item item = opened(source, Sort.REASONING);
        grow(item == null ? reasoning(source) : item, more);
    }

    private Item reasoning(String source) {
        ObjectNode json =
                Json.object().put("id", "rs_" + items + "_" + id.taskId()).put("type", "reasoning");
        json.putArray("summary");
        Item item = open(new Item(source, Sort.REASONING, items, json));
        event("response.reasoning_summary_part.added", place(item).set("part", words(item, "")));
        return item;
    }

    @Override
    public void arguments(String source, Telling.ClientCall call, String more) {
        Item item = opened(source, Sort.CALL);
        grow(item == null ? function(source, call.id(), call.name()) : item, more);
    }

    @Override
    public void calls(List<ToolCall> calls) {
        begin();
        for (ToolCall call : calls) {
            grow(
                    function("call " + call.id(), call.id(), call.name()),
                    call.arguments().toString());
            close("completed");
        }
    }

    private Item function(String source, String callId, String name) {
        return open(new Item(
                source,
                Sort.CALL,
                items,
                Json.object()
                        .put("id", "fc_" + items + "_" + id.taskId())
                        .put("type", "function_call")
                        .put("status", "in_progress")
                        .put("call_id", callId)
                        .put("name", name)
                        .put("arguments", "")));
    }

    /** The open item, if it is that one. */
    private @Nullable Item opened(String source, Sort sort) {
        Item item = open;
        return item != null && item.source.equals(source) && item.sort == sort ? item : null;
    }

    private Item open(Item item) {
        begin();
        close("completed");
        items++;
        open = item;
        event("response.output_item.added", at(item.index).set("item", item.json.deepCopy()));
        return item;
    }

    private void grow(Item item, String more) {
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
        ObjectNode delta = place(item).put("delta", more.substring(seen));
        if (item.sort == Sort.MESSAGE) {
            delta.putArray("logprobs");
        }
        tell(item.sort.events + ".delta", next - 1, delta);
    }

    private void close(String status) {
        Item item = open;
        if (item == null) {
            return;
        }
        open = null;
        String text = item.text.toString();
        String done = item.sort.events + ".done";
        switch (item.sort) {
            case CALL -> {
                event(
                        done,
                        place(item)
                                .put("name", item.json.path("name").asString())
                                .put("arguments", text));
                item.json.put("status", status);
            }
            case REASONING -> {
                event(done, place(item).put("text", text));
                event("response.reasoning_summary_part.done", place(item).set("part", words(item, text)));
            }
            case MESSAGE -> {
                ObjectNode whole = place(item).put("text", text);
                whole.putArray("logprobs");
                event(done, whole);
                event("response.content_part.done", place(item).set("part", words(item, text)));
                item.json.put("status", status);
            }
        }
        fill(item.json, item);
        event("response.output_item.done", at(item.index).set("item", item.json.deepCopy()));
        if (status.equals("completed")) {
            output.add(new Finished(item.source, item.json));
        }
    }

    /** Puts the text that there is where it belongs. */
    private static void fill(ObjectNode json, Item item) {
        String text = item.text.toString();
        switch (item.sort) {
            case CALL -> json.put("arguments", text);
            case REASONING -> json.putArray("summary").add(words(item, text));
            case MESSAGE -> json.putArray("content").add(words(item, text));
        }
    }

    private static ObjectNode words(Item item, String text) {
        ObjectNode part = Json.object().put("type", item.sort.part).put("text", text);
        if (item.sort == Sort.MESSAGE) {
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

    private static ObjectNode at(int index) {
        return Json.object().put("output_index", index);
    }

    private static ObjectNode place(Item item) {
        ObjectNode place = at(item.index).put("item_id", item.id());
        return item.sort == Sort.CALL ? place : place.put(item.sort.index, 0);
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
            fill(item, open);
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
