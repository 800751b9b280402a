package dev.millrace.server.openai;

import dev.millrace.protocol.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What both doors say of how an answer ended. */
final class Outcome {
    /** What an agent's question of leave to run a tool is called ({@code docs/agents.md}). */
    static final String LEAVE = "millrace.approve";

    /** What OpenAI's clients take for an order not to send the request once more: the agent has tried what may help. */
    static final Map<String, String> FINAL = Map.of("x-should-retry", "false");

    private static final int TITLE = 80;

    private Outcome() {}

    /** Why there is no answer; null if there is one. */
    static @Nullable Refusal failure(Telling telling) {
        String reason = telling.reason();
        return switch (telling.state()) {
            case FAILED -> new Refusal(500, "agent_failed", null, or(reason, "The agent failed."), FINAL);
            case REJECTED -> new Refusal(400, "rejected", null, or(reason, "The agent refused the message."), FINAL);
            case CANCELED -> new Refusal(400, "canceled", null, or(reason, "The answer was canceled."), FINAL);
            default -> null;
        };
    }

    private static String or(@Nullable String reason, String other) {
        return reason == null || reason.isBlank() ? other : reason;
    }

    /** What the chat is called in lists: how its message begins. */
    static @Nullable String title(Message message) {
        String line = message.text().strip().lines().findFirst().orElse("");
        return line.isEmpty()
                ? null
                : line.substring(0, line.offsetByCodePoints(0, Math.min(TITLE, line.codePointCount(0, line.length()))));
    }
}
