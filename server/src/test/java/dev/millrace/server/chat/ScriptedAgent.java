package dev.millrace.server.chat;

import dev.millrace.engine.Agent;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import java.util.ArrayList;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * An agent that does what the message says: {@code say a b c} (one chunk for each word), {@code hold a b c} (the same, but
 * each word waits for a permit of {@link #go}, and {@link #held} counts the waits), {@code ask why?}, {@code login},
 * {@code fail because}, {@code tools a b} (asks for these tools, then says what they gave).
 */
final class ScriptedAgent implements Agent {
    final Semaphore go = new Semaphore(0);
    final Semaphore held = new Semaphore(0);

    @Override
    public void run(Turn turn) throws Exception {
        String[] words = turn.message().text().split(" ", 2);
        String rest = words.length > 1 ? words[1] : "";
        switch (words[0]) {
            case "hold" -> {
                for (String word : rest.split("(?<= )")) {
                    held.release();
                    go.acquire();
                    turn.say(word);
                    turn.flush();
                }
            }
            case "use" -> {
                String[] tokens = rest.split(" ");
                turn.used(Long.parseLong(tokens[0]), Long.parseLong(tokens[1]), 0);
            }
            case "ask" -> turn.ask(rest);
            case "tools" -> {
                var calls = new ArrayList<ToolCall>();
                for (String name : rest.split(" ")) {
                    calls.add(new ToolCall("id-" + name, name, JsonNodeFactory.instance.objectNode()));
                }
                turn.ask("please", calls);
            }
            case "" -> {
                for (ToolResult result : ToolResult.in(turn.message())) {
                    turn.say(result.id() + "=" + (result.result() == null ? result.error() : result.result()) + " ");
                }
            }
            case "login" -> turn.askForAuth(rest);
            case "fail" -> throw new IllegalStateException(rest);
            default -> {
                for (String word : rest.split("(?<= )")) {
                    turn.say(word);
                    // Else the words of one go may be committed together, and still be entries of their own.
                    turn.flush();
                }
            }
        }
    }
}
