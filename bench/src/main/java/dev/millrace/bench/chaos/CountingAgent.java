package dev.millrace.bench.chaos;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says who it is and counts, so that whoever reads its words knows which of them are missing, twice, or of another
 * worker. The message's metadata tells how many {@code words}, after how many ms each ({@code delayMs}), and whether to
 * {@code ask} something at the end.
 */
final class CountingAgent implements Agent {
    private final String process;
    private final AtomicLong turns = new AtomicLong();

    /** @param process a name that no other process of the run has or had */
    CountingAgent(String process) {
        this.process = process;
    }

    @Override
    public void run(Turn turn) throws InterruptedException {
        ObjectNode metadata = turn.message().metadata();
        int words = number(metadata, "words");
        int delay = number(metadata, "delayMs");
        String writer = process + Word.TURN + turns.incrementAndGet();
        for (int i = 1; i <= words; i++) {
            if (delay > 0) {
                Thread.sleep(delay);
            }
            turn.say(new Word(writer, i, words) + " ");
        }
        if (number(metadata, "ask") > 0) {
            turn.ask("go on?");
        }
    }

    private static int number(@org.jspecify.annotations.Nullable ObjectNode metadata, String field) {
        JsonNode value = metadata == null ? null : metadata.get(field);
        return value == null ? 0 : value.asInt();
    }
}
