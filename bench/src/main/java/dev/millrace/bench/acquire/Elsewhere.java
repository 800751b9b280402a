package dev.millrace.bench.acquire;

import dev.millrace.bench.Lost;
import dev.millrace.bench.Samples;
import dev.millrace.bench.house.House;
import dev.millrace.bench.load.Answers;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Reading;
import dev.millrace.bench.load.Requests;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A task runs on one server, and somebody reads it at another (or at the same one, to compare). */
record Elsewhere(String name, House here, House there) {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Of so many first words, one after the other, the time from its commit until the reader has it, in nanoseconds. */
    Samples firstWords(int count) throws IOException, InterruptedException {
        var times = new Samples();
        for (int i = 0; i < count; i++) {
            times.add((double) firstWord());
        }
        return times;
    }

    private long firstWord() throws IOException, InterruptedException {
        here.shutGate();
        here.firstWords();
        try (var senders = new Crowd(here.port());
                var readers = new Crowd(there.port())) {
            Reading own = senders.connect(Requests.stream(1), true);
            senders.send(List.of(own));
            await(senders, own, 2);
            Reading other = readers.connect(Requests.subscribe(Answers.taskId(own)), false);
            readers.send(List.of(other));
            await(readers, other, 1);
            // While this thread reads, or else the word would wait for it.
            Thread opening = Thread.startVirtualThread(this::open);
            readers.readToEnd(List.of(other), LIMIT);
            opening.join();
            senders.readToEnd(List.of(own), LIMIT);
            List<Long> committed = here.firstWords();
            if (committed.size() != 1 || other.firstWordAt() == 0) {
                throw new Lost("a task said a first word " + committed.size() + " times, and its reader had it at "
                        + other.firstWordAt());
            }
            return other.firstWordAt() - committed.getFirst();
        }
    }

    private void open() {
        try {
            here.openGate();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(Crowd crowd, Reading reading, int events) throws IOException {
        if (!crowd.readUntil(() -> reading.events() >= events, LIMIT)) {
            throw new Lost("the beginning of a stream did not come within " + LIMIT);
        }
    }
}
