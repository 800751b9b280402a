package dev.millrace.engine;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * An agent that does what the message says: {@code say …} says it, {@code hold …} says the first word, then waits for a permit
 * and says the rest, {@code ask …} asks, {@code fail …} says {@code oh} and fails, {@code failheld} waits for a permit first.
 * It notes what it was told before each message.
 */
final class Acting implements Agent {
    private final ConcurrentHashMap<String, Semaphore> held = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Semaphore> go = new ConcurrentHashMap<>();
    final ConcurrentHashMap<String, List<String>> told = new ConcurrentHashMap<>();

    /** Has a permit for each time that the agent began to wait in this chat. */
    Semaphore held(String contextId) {
        return held.computeIfAbsent(contextId, id -> new Semaphore(0));
    }

    /** Lets the agent go on in this chat. */
    Semaphore go(String contextId) {
        return go.computeIfAbsent(contextId, id -> new Semaphore(0));
    }

    @Override
    public void run(Turn turn) throws Exception {
        String[] words = turn.message().text().split(" ", 2);
        String rest = words.length > 1 ? words[1] : "";
        told.put(
                turn.message().text(),
                turn.history().stream().map(message -> message.text()).toList());
        switch (words[0]) {
            case "hold" -> {
                turn.say("partly ");
                turn.flush();
                held(turn.contextId()).release();
                go(turn.contextId()).acquire();
                turn.say(rest);
            }
            case "ask" -> {
                turn.say("let me see");
                turn.ask(rest);
            }
            case "fail" -> {
                turn.say("oh");
                throw new IllegalStateException(rest);
            }
            case "failheld" -> {
                held(turn.contextId()).release();
                go(turn.contextId()).acquire();
                throw new IllegalStateException(rest);
            }
            default -> turn.say("on " + rest);
        }
    }
}
