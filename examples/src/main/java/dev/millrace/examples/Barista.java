package dev.millrace.examples;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.server.Millrace;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asks before it answers: the task waits in INPUT_REQUIRED until the user has said which size, for as long as that takes, and
 * across restarts. The agent keeps nothing itself; the answer begins a new turn, which has all that was said before.
 */
public final class Barista implements Agent {
    @Override
    public void run(Turn turn) {
        Optional<String> size = Stream.of("small", "large")
                .filter(turn.message().text().toLowerCase(Locale.ROOT)::contains)
                .findFirst();
        if (size.isEmpty()) {
            turn.ask("Small or large?");
            return;
        }
        turn.say("One " + size.get() + " one: " + order(turn) + ".");
    }

    /** What the user said first of this task. */
    private static String order(Turn turn) {
        return Stream.concat(turn.history().stream(), Stream.of(turn.message()))
                .filter(said -> said.role() == Role.USER && turn.taskId().equals(said.taskId()))
                .map(Message::text)
                .findFirst()
                .orElseGet(() -> turn.message().text());
    }

    public static void main(String[] args) throws Exception {
        Millrace server = Millrace.with("barista", new Barista()).port(8080).start();
        System.out.println("taking orders on " + server.uri());
    }
}
