package dev.millrace.server.openai;

import dev.millrace.core.Cursor;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/chat/completions}. Each request brings its whole conversation, so each is a new one here; unless it says
 * {@code "store": true} it is gone, with what runs in it, when the answer is read or its client has left.
 */
final class Completions {
    private static final Set<String> NOT_HERE = Set.of(
            "audio", "function_call", "functions", "logit_bias", "prediction", "top_logprobs", "web_search_options");

    /** What a request asks for. */
    private record Wanted(
            AgentModels.Chosen model,
            List<Message> earlier,
            Message message,
            boolean stream,
            boolean usage,
            boolean store) {}

    private final Engine engine;
    private final Identity identity;
    private final AgentModels models;
    private final Answers answers;

    Completions(Engine engine, Identity identity, AgentModels models) {
        this.engine = engine;
        this.identity = identity;
        this.models = models;
        answers = new Answers(engine);
    }

    void create(Exchange exchange) throws Refusal, HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        Wanted wanted = wanted(Json.body(exchange));
        Send send = Send.chat(owner, wanted.model().agent(), wanted.message(), Outcome.title(wanted.message()))
                .after(wanted.earlier());
        answers.give(
                exchange,
                send,
                wanted.store(),
                wanted.stream(),
                (sent, cursor) -> wanted.stream()
                        ? stream(exchange, sent, cursor, wanted)
                        : whole(exchange, sent, cursor, wanted));
    }

    private ObjectNode whole(Exchange exchange, Sent sent, Cursor<Event> cursor, Wanted wanted)
            throws Refusal, HttpProblem, IOException, InterruptedException {
        var completion = new Completion(sent.taskId(), wanted.model().id());
        answers.await(exchange, cursor, completion.telling, !wanted.store());
        Refusal failure = failure(completion.telling, completion.calls);
        if (failure != null) {
            throw failure;
        }
        return completion.json();
    }

    private static @Nullable ObjectNode stream(Exchange exchange, Sent sent, Cursor<Event> cursor, Wanted wanted)
            throws HttpProblem, IOException, InterruptedException {
        var frames = new Frames(sent.taskId(), wanted.model().id(), wanted.usage());
        exchange.eventStream().pump(cursor, frames.framing());
        return null;
    }

    /** What the client is told of an answer that is none; null = it is one. */
    private static @Nullable Refusal failure(Telling telling, List<ToolCall> calls) {
        if (calls.stream().anyMatch(call -> call.name().equals(Outcome.LEAVE))) {
            return new Refusal(
                    400,
                    "leave_needed",
                    "model",
                    "The agent asks for leave to run a tool, which only /v1/responses and the chat API can give.",
                    Outcome.FINAL);
        }
        return Outcome.failure(telling);
    }

    private Wanted wanted(ObjectNode body) throws Refusal {
        AgentModels.Chosen model = models.choose(Json.required(body, "", "model"));
        var dialogue = new Dialogue(engine::newId);
        ArrayNode messages = Json.list(body, "", "messages");
        if (messages == null) {
            throw Refusal.invalid("messages", "is missing");
        }
        for (int i = 0; i < messages.size(); i++) {
            hear(dialogue, messages.get(i), "messages[" + i + "]");
        }
        ObjectNode metadata = new Wishes(body)
                .refuse(NOT_HERE)
                .only("n", Set.of("1"))
                .only("logprobs", Set.of("false"))
                .only("parallel_tool_calls", Set.of("true"))
                .only("frequency_penalty", Set.of("0"))
                .only("presence_penalty", Set.of("0"))
                .only("modalities", Set.of("[\"text\"]"))
                .plainText(body.path("response_format"), "response_format.")
                .model(model)
                .system(dialogue.system())
                .effort(body, "", "reasoning_effort")
                .sampling("max_tokens", "max_completion_tokens")
                .tools(true)
                .metadata();
        return new Wanted(
                model,
                dialogue.earlier(),
                dialogue.message("messages", metadata),
                Json.flag(body, "stream", false),
                body.path("stream_options").path("include_usage").asBoolean(false),
                Json.flag(body, "store", false));
    }

    private static void hear(Dialogue dialogue, JsonNode message, String at) throws Refusal {
        JsonNode content = Json.given(message, "content");
        String role = Json.required(message, at + ".", "role");
        if (role.equals("tool")) {
            dialogue.result(ToolResult.of(
                    Json.required(message, at + ".", "tool_call_id"),
                    JsonNodeFactory.instance.stringNode(Contents.text(content, at + ".content"))));
            return;
        }
        dialogue.message(role, content, at);
        if (role.equals("assistant")) {
            calls(dialogue, message, at);
        }
    }

    private static void calls(Dialogue dialogue, JsonNode message, String at) throws Refusal {
        ArrayNode given = Json.list(message, at + ".", "tool_calls");
        if (given == null || given.isEmpty()) {
            return;
        }
        var calls = new ArrayList<ToolCall>();
        for (JsonNode each : given) {
            String in = at + ".tool_calls[" + calls.size() + "].";
            JsonNode function = each.path("function");
            String arguments = Json.text(function, in + "function.", "arguments");
            calls.add(Dialogue.call(
                    in + "function.arguments",
                    Json.required(each, in, "id"),
                    Json.required(function, in + "function.", "name"),
                    arguments == null ? "" : arguments));
        }
        dialogue.calls(at + ".tool_calls", calls);
    }

    private static ObjectNode head(String object, Telling telling, String taskId, String model) {
        return Json.object()
                .put("id", "chatcmpl-" + taskId)
                .put("object", object)
                .put("created", telling.createdAt())
                .put("model", model);
    }

    private static String finish(Telling telling) {
        return telling.calling() ? "tool_calls" : telling.cutShort() ? "length" : "stop";
    }

    private static void function(ObjectNode json, String id, String name, String arguments) {
        json.put("id", id)
                .put("type", "function")
                .putObject("function")
                .put("name", name)
                .put("arguments", arguments);
    }

    private static ObjectNode usage(Telling.Spent spent) {
        ObjectNode usage = Json.object()
                .put("prompt_tokens", spent.input())
                .put("completion_tokens", spent.output())
                .put("total_tokens", spent.input() + spent.output());
        usage.putObject("prompt_tokens_details").put("cached_tokens", spent.cached());
        usage.putObject("completion_tokens_details").put("reasoning_tokens", spent.reasoning());
        return usage;
    }

    /** An answer that is told when it is whole. */
    private static final class Completion implements Telling.Listener {
        private final String taskId;
        private final String model;
        private final Telling telling;
        private final Map<String, StringBuilder> texts = new LinkedHashMap<>();
        private final StringBuilder thoughts = new StringBuilder();
        private final Map<String, ObjectNode> functions = new LinkedHashMap<>();
        private final Map<String, StringBuilder> arguments = new LinkedHashMap<>();
        private final List<ToolCall> calls = new ArrayList<>();

        Completion(String taskId, String model) {
            this.taskId = taskId;
            this.model = model;
            telling = new Telling(taskId, this);
        }

        @Override
        public void text(String item, String more) {
            texts.computeIfAbsent(item, none -> new StringBuilder()).append(more);
        }

        @Override
        public void thought(String item, String more) {
            thoughts.append(more);
        }

        @Override
        public void arguments(String item, Telling.ClientCall call, String more) {
            arguments.computeIfAbsent(item, none -> new StringBuilder()).append(more);
            String all = String.valueOf(arguments.get(item));
            function(functions.computeIfAbsent(item, none -> Json.object()), call.id(), call.name(), all);
        }

        @Override
        public void withdrawn(String item) {
            texts.remove(item);
            arguments.remove(item);
            functions.remove(item);
        }

        @Override
        public void calls(List<ToolCall> asked) {
            calls.addAll(asked);
        }

        ObjectNode json() {
            ObjectNode json = head("chat.completion", telling, taskId, model);
            ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
            ObjectNode message = choice.putObject("message").put("role", "assistant");
            String text = String.join("\n\n", texts.values());
            ArrayNode all = Json.array().addAll(functions.values());
            calls.forEach(call -> function(
                    all.addObject(), call.id(), call.name(), call.arguments().toString()));
            message.put("content", text.isEmpty() && !all.isEmpty() ? null : text)
                    .putNull("refusal");
            if (!thoughts.isEmpty()) {
                message.put("reasoning_content", thoughts.toString());
            }
            if (!all.isEmpty()) {
                message.set("tool_calls", all);
            }
            choice.putNull("logprobs").put("finish_reason", finish(telling));
            return json.set("usage", usage(telling.spent()));
        }
    }

    /** An answer that is told as it comes, in chunks. */
    private static final class Frames implements Telling.Listener {
        private static final byte[] NOTHING = {};
        private static final String CONTENT = "\"content\":";

        private final String taskId;
        private final String model;
        private final boolean usage;
        private final Telling telling;
        private final List<ToolCall> asked = new ArrayList<>();
        private final Map<String, Integer> calling = new LinkedHashMap<>();
        private FrameBuffer out = new FrameBuffer();
        private boolean begun;
        private boolean broken;
        private String lastItem = "";
        private byte[] beforeWords = NOTHING;
        private byte[] afterWords = NOTHING;

        Frames(String taskId, String model, boolean usage) {
            this.taskId = taskId;
            this.model = model;
            this.usage = usage;
            telling = new Telling(taskId, this);
        }

        Framing<Event> framing() {
            return Framing.each((entry, frames) -> {
                out = frames;
                telling.hear(entry);
                if (broken) {
                    return Framing.Then.END;
                }
                if (!telling.over()) {
                    return Framing.Then.CONTINUE;
                }
                end();
                return Framing.Then.END;
            });
        }

        private void end() {
            Refusal failure = failure(telling, asked);
            if (failure != null) {
                data(Errors.body(failure));
                return;
            }
            begin();
            tell(Json.object(), finish(telling));
            if (usage) {
                ObjectNode last = head("chat.completion.chunk", telling, taskId, model);
                last.putArray("choices");
                data(last.set("usage", usage(telling.spent())));
            }
            out.append("data: [DONE]\n\n");
        }

        private void begin() {
            if (!begun) {
                begun = true;
                tell(Json.object().put("role", "assistant").put("content", ""), null);
            }
        }

        @Override
        public void text(String item, String more) {
            begin();
            boolean next = !lastItem.isEmpty() && !lastItem.equals(item);
            lastItem = item;
            if (!broken) {
                words(next ? "\n\n" + more : more);
            }
        }

        /** A chunk for each token of a model: all of it but the words is made once. */
        private void words(String more) {
            if (beforeWords.length == 0) {
                String none = JsonText.quote("");
                String chunk = chunk(Json.object().put("content", ""), null).toString();
                int at = chunk.indexOf(CONTENT + none) + CONTENT.length();
                beforeWords = chunk.substring(0, at).getBytes(StandardCharsets.UTF_8);
                afterWords = chunk.substring(at + none.length()).getBytes(StandardCharsets.UTF_8);
            }
            out.event(beforeWords, JsonText.quote(more).getBytes(StandardCharsets.UTF_8), afterWords);
        }

        @Override
        public void thought(String item, String more) {
            begin();
            tell(Json.object().put("reasoning_content", more), null);
        }

        @Override
        public void arguments(String item, Telling.ClientCall call, String more) {
            Integer index = calling.get(item);
            if (index == null) {
                called(item, call.id(), call.name(), more);
                return;
            }
            ObjectNode delta = Json.object();
            delta.putArray("tool_calls")
                    .addObject()
                    .put("index", index)
                    .putObject("function")
                    .put("arguments", more);
            tell(delta, null);
        }

        private void called(String item, String id, String name, String arguments) {
            begin();
            int index = calling.size();
            calling.put(item, index);
            ObjectNode delta = Json.object();
            function(delta.putArray("tool_calls").addObject().put("index", index), id, name, arguments);
            tell(delta, null);
        }

        @Override
        public void withdrawn(String item) {
            if ((item.equals(lastItem) || calling.containsKey(item)) && !broken) {
                // What was said can't be taken back here, and the rest would not fit to it.
                broken = true;
                data(Errors.body(
                        "server_error",
                        "answer_restarted",
                        null,
                        "The answer was interrupted in the middle and is begun again; send the request again."));
            }
        }

        @Override
        public void calls(List<ToolCall> calls) {
            asked.addAll(calls);
            if (calls.stream().anyMatch(call -> call.name().equals(Outcome.LEAVE))) {
                return;
            }
            calls.forEach(call -> called(
                    "call " + call.id(),
                    call.id(),
                    call.name(),
                    call.arguments().toString()));
        }

        private void tell(ObjectNode delta, @Nullable String finish) {
            if (!broken) {
                data(chunk(delta, finish));
            }
        }

        private ObjectNode chunk(ObjectNode delta, @Nullable String finish) {
            ObjectNode chunk = head("chat.completion.chunk", telling, taskId, model);
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .set("delta", delta)
                    .putNull("logprobs")
                    .put("finish_reason", finish);
            return chunk;
        }

        private void data(ObjectNode json) {
            out.event(NOTHING, Json.bytes(json), NOTHING);
        }
    }
}
