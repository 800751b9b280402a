package dev.millrace.agents;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A conversation as a chat model wants it.
 *
 * <p>Providers want each tool call answered right after the model's words that made it, and nothing between. Here a step
 * gathers what the model said, its calls and their results, whichever way they came: those that this agent ran, and those
 * that the user's client answered later. A call that nobody answered has an error as its result.
 *
 * <p>A summary stands for all that was said before it, except for what the user said in its own task.
 */
public final class Conversation {
    private final Attachments attachments;
    private final List<ChatMessage> chat = new ArrayList<>();
    private final List<ChatMessage> askedInTask = new ArrayList<>();
    private @Nullable String task;
    private Step step = new Step();

    private Conversation(Attachments attachments) {
        this.attachments = attachments;
    }

    /** Whether there is something in the message that such a model could answer. */
    public static boolean hasContent(Message message, Provider provider) {
        return !new Attachments(provider).contents(message).isEmpty();
    }

    /**
     * The messages, oldest first, without those that have no content.
     *
     * @param said a turn's history, and the message to answer behind it
     * @param provider whose models are to read it: it decides which files go as they are
     */
    public static List<ChatMessage> of(@Nullable String systemPrompt, List<Message> said, Provider provider) {
        var conversation = new Conversation(new Attachments(provider));
        said.forEach(conversation::hear);
        conversation.end();
        var all = new ArrayList<ChatMessage>();
        if (systemPrompt != null && !systemPrompt.isBlank()) {
            all.add(SystemMessage.from(systemPrompt));
        }
        all.addAll(conversation.chat);
        return all;
    }

    private void hear(Message message) {
        if (message.role() == Role.USER) {
            hearUser(message);
        } else if (Marks.is(message, Marks.Kind.SUMMARY)) {
            hearSummary(message);
        } else if (!Marks.is(message, Marks.Kind.REASONING)
                && !(message.metadata() != null
                        && message.metadata().path(Turn.PROGRESS).asBoolean(false))) {
            hearAgent(message);
        }
    }

    private void hearUser(Message message) {
        ToolResult.in(message).forEach(step::take);
        if (Marks.asked(message, Compaction.REQUEST) != null) {
            return; // it is about the conversation, and not a part of it
        }
        List<Content> contents = attachments.contents(message);
        if (contents.isEmpty()) {
            return;
        }
        end();
        // A plain string: servers that know no content lists take it, too.
        UserMessage asked = contents.stream().allMatch(TextContent.class::isInstance)
                ? UserMessage.from(text(contents))
                : UserMessage.from(contents);
        if (task == null || !task.equals(message.taskId())) {
            task = message.taskId();
            askedInTask.clear();
        }
        chat.add(asked);
        askedInTask.add(asked);
    }

    private void hearSummary(Message message) {
        if (message.text().isBlank()) {
            return;
        }
        step = new Step();
        chat.clear();
        chat.add(UserMessage.from(Compaction.told(message.text())));
        if (task != null && task.equals(message.taskId())) {
            chat.addAll(askedInTask);
        }
    }

    private void hearAgent(Message message) {
        List<ToolResult> results = ToolResult.in(message);
        if (!results.isEmpty()) {
            results.forEach(step::take);
            return;
        }
        JsonNode marks = Marks.in(message);
        boolean call = Marks.is(message, Marks.Kind.CALL);
        List<ToolCall> all = ToolCall.in(message);
        List<ToolCall> calls =
                all.stream().filter(each -> !each.name().equals(Approvals.TOOL)).toList();
        // What the user's client is asked to run, or the user allowed, belongs to the step before.
        boolean joins = call ? marks.path("joins").asBoolean(false) : !all.isEmpty();
        if (!joins && (!step.results.isEmpty() || (!call && !step.isEmpty()))) {
            end();
        }
        if (!call) {
            String text = text(attachments.contents(message));
            if (!text.isBlank() && all.isEmpty()) {
                step.text.append(text);
            }
        }
        step.remember(marks);
        calls.forEach(step::add);
    }

    private void end() {
        step.tell(chat);
        step = new Step();
    }

    private static String text(List<Content> contents) {
        var text = new StringBuilder();
        for (Content content : contents) {
            if (content instanceof TextContent words) {
                text.append(words.text());
            }
        }
        return text.toString();
    }

    /** What the model said at once, and what came of its calls. */
    private static final class Step {
        private final StringBuilder text = new StringBuilder();
        private final Map<String, ToolCall> calls = new LinkedHashMap<>();
        private final Map<String, ToolResult> results = new LinkedHashMap<>();
        private @Nullable String thinking;
        private Map<String, Object> attributes = Map.of();

        boolean isEmpty() {
            return text.isEmpty() && calls.isEmpty();
        }

        void add(ToolCall call) {
            calls.putIfAbsent(call.id(), call);
        }

        /** A later result stands for an "interrupted" that was put in before it was there. */
        void take(ToolResult result) {
            ToolResult before = results.get(result.id());
            if (calls.containsKey(result.id()) && (before == null || ToolResult.INTERRUPTED.equals(before.error()))) {
                results.put(result.id(), result);
            }
        }

        void remember(JsonNode marks) {
            if (marks.path("thinking").isString()) {
                thinking = marks.path("thinking").stringValue();
            }
            if (marks.path("attributes").isObject()) {
                attributes = Thoughts.attributes(marks.path("attributes"));
            }
        }

        void tell(List<ChatMessage> chat) {
            if (isEmpty() || (calls.isEmpty() && text.toString().isBlank())) {
                return;
            }
            AiMessage.Builder says = AiMessage.builder().text(text.isEmpty() ? null : text.toString());
            if (!calls.isEmpty()) {
                says.thinking(thinking)
                        .attributes(attributes)
                        .toolExecutionRequests(
                                calls.values().stream().map(Step::request).toList());
            }
            chat.add(says.build());
            calls.values().forEach(call -> chat.add(answer(call)));
        }

        private static ToolExecutionRequest request(ToolCall call) {
            return ToolExecutionRequest.builder()
                    .id(call.id())
                    .name(call.name())
                    .arguments(call.arguments().toString())
                    .build();
        }

        private ToolExecutionResultMessage answer(ToolCall call) {
            ToolResult result = results.getOrDefault(call.id(), ToolResult.failed(call.id(), ToolResult.INTERRUPTED));
            return ToolExecutionResultMessage.builder()
                    .id(call.id())
                    .toolName(call.name())
                    .text(text(result))
                    .isError(result.error() != null)
                    .build();
        }

        private static String text(ToolResult result) {
            if (result.error() != null) {
                return "Error: " + result.error();
            }
            JsonNode json = result.result();
            String text = json == null ? "" : json.isString() ? json.stringValue() : json.toString();
            return text.isEmpty() ? "(nothing)" : text; // some providers refuse an empty result
        }
    }
}
