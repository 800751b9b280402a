package dev.millrace.bench.simulate;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * The agent of a simulated process. The message says what it does: a verb and how many words it makes. Each word says
 * which run of the agent made it, the how many-th it is, and so that nothing can be lost, doubled or mixed unseen.
 */
final class Script implements Agent {
    private final Scheduler scheduler;
    private final Host host;
    private final Runs runs;

    /** Numbers all runs of agents, wherever they run. */
    static final class Runs {
        private int last;

        int next() {
            return ++last;
        }
    }

    Script(Scheduler scheduler, Host host, Runs runs) {
        this.scheduler = scheduler;
        this.host = host;
        this.runs = runs;
    }

    /** A message for an agent: one of its verbs, a number of words, and a number to tell it from others. */
    static String message(Scheduler scheduler, int number) {
        String verb = List.of("say", "say", "say", "say", "think", "think", "ask", "fail", "whole")
                .get(scheduler.random().nextInt(9));
        return verb + " " + scheduler.random().nextInt(12) + " " + number;
    }

    static String verb(String message) {
        return message.split(" ", -1)[0];
    }

    static int count(String message) {
        return Integer.parseInt(message.split(" ", -1)[1]);
    }

    static List<String> words(String text) {
        return Stream.of(text.split(" ", -1)).filter(word -> !word.isEmpty()).toList();
    }

    static Audit.Piece piece(String word, long epoch) {
        String[] numbers = word.split(":", -1);
        return new Audit.Piece(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), epoch);
    }

    @Override
    public void run(Turn turn) throws Exception {
        String message = turn.message().text();
        int run = runs.next();
        scheduler.note(
                host.lane().name(),
                "runs " + turn.taskId() + " as " + run + ", attempt " + turn.attempt() + ": " + message);
        String verb = verb(message);
        if (scheduler.once(4)) {
            int said = turn.history().size();
            turn.status(said + " messages before this one");
        }
        if (verb.equals("whole")) {
            turn.emit(Artifact.text("whole", "whole of " + run));
        }
        for (int i = 0; i < count(message); i++) {
            if (verb.equals("think") || scheduler.once(6)) {
                pause(verb.equals("think") ? 400 : 20);
            }
            turn.say(run + ":" + i + " ");
            if (scheduler.once(5)) {
                turn.flush();
            }
            if (turn.cancelled() && scheduler.once(2)) {
                return;
            }
        }
        switch (verb) {
            case "ask" -> turn.ask("and now?");
            case "fail" -> throw new IllegalStateException("as it was told");
            default -> {}
        }
    }

    private void pause(int millis) throws InterruptedException {
        boolean rung =
                new Doorbell(host).await(Duration.ofMillis(scheduler.random().nextInt(millis)));
        assert !rung;
    }
}
