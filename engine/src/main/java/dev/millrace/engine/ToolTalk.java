package dev.millrace.engine;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Talk in which no tool call is without its result. A call that got none, because its task was stopped, failed or was
 * edited, or its agent crashed in the midst of it, is answered right after it by an "interrupted" of ours. That is not
 * stored: it follows from what is, so no way to end a task can forget it.
 */
final class ToolTalk {
    private ToolTalk() {}

    /** @param next what is said after it and may answer its last calls; null = nothing is */
    static List<Message> whole(List<Message> said, @Nullable Message next) {
        return whole(said, Function.identity(), (calls, answer) -> answer, next);
    }

    /** The same, of messages whose place is known: the answer stands at the place of its calls. */
    static List<Said> wholeOf(List<Said> said, @Nullable Message next) {
        return whole(said, Said::message, Said::saying, next);
    }

    /** Whether a call in it has no result. */
    static boolean hasOpenCalls(List<Said> said) {
        return wholeOf(said, null).size() > said.size();
    }

    /** From the end, where it is known which ids are answered later: an id may be used again by a later call. */
    private static <T> List<T> whole(
            List<T> said, Function<T, Message> message, BiFunction<T, Message, T> placed, @Nullable Message next) {
        var answered = new HashSet<String>();
        if (next != null) {
            ToolResult.in(next).forEach(result -> answered.add(result.id()));
        }
        var backwards = new ArrayList<T>();
        for (T each : said.reversed()) {
            Message spoken = message.apply(each);
            ToolResult.in(spoken).forEach(result -> answered.add(result.id()));
            List<ToolResult> missing = missing(calls(spoken), answered);
            if (!missing.isEmpty()) {
                backwards.add(placed.apply(each, answer(spoken, missing)));
            }
            backwards.add(each);
        }
        return List.copyOf(backwards.reversed());
    }

    /** Only an agent calls tools, whatever a user's data looks like. */
    private static List<ToolCall> calls(Message message) {
        return message.role() == Role.AGENT ? ToolCall.in(message) : List.of();
    }

    private static List<ToolResult> missing(List<ToolCall> calls, Set<String> answered) {
        var missing = new ArrayList<ToolResult>();
        for (ToolCall call : calls) {
            if (!answered.remove(call.id())) {
                missing.add(ToolResult.interrupted(call.id()));
            }
        }
        return missing;
    }

    /** No user said it, so it has the agent's role: it can't be edited or tried again. */
    private static Message answer(Message calls, List<ToolResult> results) {
        return Message.of(calls.messageId() + "-interrupted", Role.AGENT, ToolResult.part(results))
                .in(calls.contextId(), calls.taskId());
    }
}
