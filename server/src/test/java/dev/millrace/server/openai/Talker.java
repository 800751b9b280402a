package dev.millrace.server.openai;

import dev.millrace.engine.Agent;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Role;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;

/** Does what the message says. */
final class Talker implements Agent {
    /** Has a permit for each turn that waits. */
    final Semaphore waits = new Semaphore(0);

    /** Has a permit for each waiting turn that was stopped. */
    final Semaphore stopped = new Semaphore(0);

    /** Lets a turn of "slowly" say one more word. */
    final Semaphore go = new Semaphore(0);

    @Override
    public void run(Turn turn) throws Exception {
        List<ToolResult> results = ToolResult.in(turn.message());
        String text = turn.message().text();
        if (!results.isEmpty()) {
            turn.say("It is " + results.getFirst().result().asString() + ".");
        } else if (text.equals("what time is it?")) {
            turn.ask(
                    "",
                    List.of(new ToolCall(
                            "call_1",
                            "now",
                            JsonNodeFactory.instance.objectNode().put("zone", "UTC"))));
        } else if (text.equals("wait")) {
            waits.release();
            try {
                new Semaphore(0).acquire();
            } finally {
                stopped.release();
            }
        } else if (text.equals("slowly")) {
            for (String word : List.of("one ", "two ", "three")) {
                go.acquire();
                turn.say(word);
            }
        } else if (text.equals("fail")) {
            throw new IllegalStateException("The agent has had enough.");
        } else if (text.equals("refuse")) {
            turn.reject("Not this.");
        } else if (text.equals("ask")) {
            turn.ask("Which one?");
        } else if (text.equals("history")) {
            turn.say(turn.history().stream()
                    .map(said -> (said.role() == Role.USER ? "U:" : "A:") + said.text())
                    .collect(Collectors.joining(" ")));
        } else if (text.equals("asked")) {
            turn.say(String.valueOf(turn.message().metadata()));
        } else {
            turn.say("You");
            for (String word : ("said: " + text).split(" ")) {
                turn.say(" " + word);
            }
        }
    }
}
