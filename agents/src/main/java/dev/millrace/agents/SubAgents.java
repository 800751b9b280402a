package dev.millrace.agents;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextState;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Said;
import dev.millrace.engine.Send;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TaskState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tools with which an agent sets others to work: {@code spawn}, {@code wait}, {@code message}, {@code interrupt} and
 * {@code list}. Each sub-agent has a chat of its own, which is a part of the one that began it: it is listed under that,
 * stopped, archived, deleted and counted with it, and its user can read it and talk to it like any other.
 *
 * <p>All of it is in the store: a call that is repeated after a crash begins no second chat and says nothing twice, and a wait
 * goes on. Waiting costs a thread that sleeps until the other's chat rings, and no place among the turns that run, so agents
 * that wait for others cannot keep those from running.
 */
public final class SubAgents implements Toolbox {
    /** How deep agents may begin agents: the first one's, theirs, and theirs. */
    static final int DEEPEST = 3;

    /** How many parts a chat may have, those that are done included. */
    static final int MOST = 64;

    private static final Duration PATIENCE = Duration.ofHours(24);
    private static final int TITLE = 80;

    private final List<String> names;
    private final List<Tool> tools;
    private volatile @Nullable Engine engine;

    /** @param agents those that may be set to work */
    public SubAgents(List<String> agents) {
        names = List.copyOf(agents);
        tools = List.of(
                new SubAgentTool(
                        "spawn",
                        "Sets another agent to work on a task, in a conversation of its own that begins with nothing but"
                                + " the task, and returns at once. Use wait for its answer.",
                        spawning(),
                        this::spawn,
                        null),
                new SubAgentTool(
                        "wait",
                        "Waits until sub-agents have answered, ask something or have failed, and tells what they said.",
                        waiting(),
                        this::await,
                        PATIENCE),
                new SubAgentTool(
                        "message",
                        "Says something to a sub-agent: the answer to its question, or what it is to do next.",
                        messaging(),
                        this::message,
                        null),
                new SubAgentTool(
                        "interrupt",
                        "Stops what a sub-agent does. What it has said stays.",
                        naming("which sub-agent"),
                        this::interrupt,
                        null),
                new SubAgentTool(
                        "list",
                        "Lists the sub-agents of this conversation and what they do.",
                        nothing(),
                        this::list,
                        null));
    }

    /** The engine that they run in; before it is known there are no tools. */
    void attached(Engine running) {
        for (String name : names) {
            if (running.agents().find(name) == null) {
                throw new IllegalArgumentException(
                        "there is no agent \"" + name + "\" that could be spawned; there are: "
                                + running.agents().all().stream()
                                        .map(AgentCatalog.Listing::name)
                                        .toList());
            }
        }
        engine = running;
    }

    @Override
    public List<Tool> tools() {
        return engine == null ? List.of() : tools;
    }

    private Engine engine() {
        Engine running = engine;
        if (running == null) {
            throw new IllegalStateException("the tools are used before the engine has started");
        }
        return running;
    }

    // ---- spawn

    private JsonNode spawn(Tool.Call call) {
        String agent = text(call, "agent");
        String name = agent == null ? names.getFirst() : agent;
        String task = text(call, "task");
        if (task == null || task.isBlank()) {
            throw new IllegalArgumentException("task: say what is to be done");
        }
        if (!names.contains(name)) {
            throw new IllegalArgumentException("there is no agent \"" + name + "\" here; there are: " + names);
        }
        requireRoom(call);
        ObjectNode chosen = Marks.object();
        String model = text(call, "model");
        if (model != null) {
            chosen.put("model", model);
        }
        String title = text(call, "title");
        Message message = Message.user(idOf(call), task).withMetadata(chosen.isEmpty() ? null : chosen);
        String chat = engine().send(
                        Send.chat(call.owner(), name, message, title == null ? cut(task.strip()) : cut(title))
                                .under(call.contextId())
                                .withKey("spawn " + call.key(), null))
                .contextId();
        return Marks.object().put("chat", chat).put("agent", name);
    }

    private void requireRoom(Tool.Call call) {
        int depth = 1;
        for (String parent = parentOf(call, call.contextId()); parent != null; parent = parentOf(call, parent)) {
            depth++;
        }
        if (depth > DEEPEST) {
            throw new IllegalStateException("a sub-agent this deep can't begin others; do it yourself");
        }
        if (engine().chats().parts(call.owner(), call.contextId()).size() >= MOST) {
            throw new IllegalStateException(
                    "this conversation has " + MOST + " sub-agents already; go on with one of them by message");
        }
    }

    private @Nullable String parentOf(Tool.Call call, String chat) {
        return engine().context(call.owner(), chat).map(Context::parentId).orElse(null);
    }

    // ---- wait

    private JsonNode await(Tool.Call call) throws InterruptedException {
        JsonNode any = call.arguments().path("any");
        JsonNode seconds = call.arguments().path("seconds");
        JsonNode named = call.arguments().path("chats");
        var chats = new ArrayList<String>();
        if (named.isEmpty()) {
            engine().chats().parts(call.owner(), call.contextId()).forEach(part -> chats.add(part.id()));
        } else {
            for (JsonNode each : named) {
                chats.add(requirePart(call, each.asString("")));
            }
        }
        if (!chats.isEmpty()) {
            var rests = new SubAgentRests(engine(), call.owner(), chats);
            rests.await(
                    any.asBoolean(false) ? 1 : chats.size(),
                    seconds.isNumber() ? Duration.ofMillis((long) (seconds.doubleValue() * 1000)) : PATIENCE);
        }
        ArrayNode all = Marks.object().putArray("all");
        chats.forEach(chat -> all.add(told(call, chat)));
        return all;
    }

    // ---- message, interrupt, list

    private JsonNode message(Tool.Call call) {
        String chat = requirePart(call, text(call, "chat"));
        String text = text(call, "text");
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException("text: say something");
        }
        Said last = last(call, chat);
        String asking = last != null && last.state().interrupted() ? last.taskId() : null;
        Send send = Send.next(call.owner(), Message.user(idOf(call), text).in(chat, asking));
        engine().send(
                        call.arguments().path("interrupt").asBoolean(false) && asking == null
                                ? send.interrupting()
                                : send);
        return told(call, chat);
    }

    private JsonNode interrupt(Tool.Call call) {
        String chat = requirePart(call, text(call, "chat"));
        engine().interrupt(call.owner(), chat);
        return told(call, chat);
    }

    private JsonNode list(Tool.Call call) {
        ArrayNode all = Marks.object().putArray("all");
        for (Context part : engine().chats().parts(call.owner(), call.contextId())) {
            all.addObject()
                    .put("chat", part.id())
                    .put("agent", part.agent())
                    .put("title", part.title())
                    .put("state", state(call, part.id()));
        }
        return all;
    }

    // ---- what a sub-agent says

    private ObjectNode told(Tool.Call call, String chat) {
        String state = state(call, chat);
        ObjectNode told = Marks.object().put("chat", chat).put("state", state);
        Said last = state.equals("gone") ? null : last(call, chat);
        if (last != null && last.state() == TaskState.CANCELED && state.equals("done")) {
            told.put("state", "stopped");
        }
        if (last != null && !state.equals("working")) {
            told.put("says", says(call, chat, last.taskId()));
            if (state.equals("failed")) {
                Message reason = engine().task(call.owner(), last.taskId())
                        .task()
                        .status()
                        .message();
                told.put("error", reason == null ? "it failed" : reason.text());
            }
        }
        return told;
    }

    private String says(Tool.Call call, String chat, String taskId) {
        var words = new StringBuilder();
        for (Said said :
                engine().chats().messages(call.owner(), chat, null, null, 100).messages()) {
            Message message = said.message();
            boolean aloud = Marks.in(message).path("kind").isMissingNode() || Marks.is(message, Marks.Kind.ANSWER);
            if (said.taskId().equals(taskId) && message.role() != Role.USER && aloud) {
                words.append(words.isEmpty() ? "" : "\n\n").append(message.text());
            }
        }
        return words.toString();
    }

    private @Nullable Said last(Tool.Call call, String chat) {
        List<Said> newest =
                engine().chats().messages(call.owner(), chat, null, null, 1).messages();
        return newest.isEmpty() ? null : newest.getLast();
    }

    private String state(Tool.Call call, String chat) {
        return word(engine().chats().state(call.owner(), chat));
    }

    private static String word(ContextState state) {
        return switch (state) {
            case NONE -> "gone";
            case RUNNING, RUNNING_QUEUED -> "working";
            case WAITING, WAITING_QUEUED -> "asks";
            case FAILED, FAILED_QUEUED -> "failed";
            case IDLE -> "done";
            default -> "archived";
        };
    }

    private String requirePart(Tool.Call call, @Nullable String chat) {
        Context part =
                chat == null ? null : engine().context(call.owner(), chat).orElse(null);
        if (chat == null || part == null || !call.contextId().equals(part.parentId())) {
            throw new Refused(
                    Refused.Reason.NO_CONTEXT, "chat: there is no sub-agent \"" + chat + "\" here; list tells them");
        }
        return chat;
    }

    private static @Nullable String text(Tool.Call call, String field) {
        JsonNode value = call.arguments().get(field);
        return value == null || !value.isString() ? null : value.stringValue();
    }

    /** The same for the same call, so that what is said again is known again. */
    private static String idOf(Tool.Call call) {
        return UUID.nameUUIDFromBytes(call.key().getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private static String cut(String text) {
        String line = text.lines().findFirst().orElse("");
        int end = line.offsetByCodePoints(0, Math.min(TITLE, line.codePointCount(0, line.length())));
        return line.substring(0, end);
    }

    // ---- what the model is told of the arguments

    private ObjectNode spawning() {
        ObjectNode schema = nothing();
        ObjectNode properties = (ObjectNode) schema.get("properties");
        ArrayNode choice = property(properties, "agent", "which agent; by default the first")
                .putArray("enum");
        names.forEach(choice::add);
        property(properties, "task", "what it is to do, with all that it needs to know");
        property(properties, "title", "what its conversation is called in lists");
        property(properties, "model", "one of the agent's models, by its id; leave it out for the usual one");
        schema.putArray("required").add("task");
        return schema;
    }

    private static ObjectNode waiting() {
        ObjectNode schema = nothing();
        ObjectNode properties = (ObjectNode) schema.get("properties");
        property(properties, "chats", "the sub-agents' chats; leave it out for all")
                .put("type", "array")
                .putObject("items")
                .put("type", "string");
        property(properties, "any", "true to wait for the first of them alone").put("type", "boolean");
        property(properties, "seconds", "the longest to wait").put("type", "number");
        return schema;
    }

    private static ObjectNode messaging() {
        ObjectNode schema = naming("which sub-agent");
        ObjectNode properties = (ObjectNode) schema.get("properties");
        property(properties, "text", "what to say");
        property(properties, "interrupt", "true to stop what it does for this").put("type", "boolean");
        schema.putArray("required").add("chat").add("text");
        return schema;
    }

    private static ObjectNode naming(String chat) {
        ObjectNode schema = nothing();
        property((ObjectNode) schema.get("properties"), "chat", chat);
        schema.putArray("required").add("chat");
        return schema;
    }

    private static ObjectNode nothing() {
        ObjectNode schema = Marks.object().put("type", "object");
        schema.putObject("properties");
        return schema;
    }

    private static ObjectNode property(ObjectNode properties, String name, String description) {
        return properties.putObject(name).put("type", "string").put("description", description);
    }
}
