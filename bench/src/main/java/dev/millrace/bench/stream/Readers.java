package dev.millrace.bench.stream;

import dev.millrace.bench.Lost;
import dev.millrace.bench.house.House;
import dev.millrace.bench.load.Answers;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Reading;
import dev.millrace.bench.load.Requests;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Readers of one house.
 *
 * @param complete whether this house must lose nothing; else what it lost is counted
 */
record Readers(String name, House house, boolean complete) {
    /** A count has the task, WORKING and COMPLETED around its words. */
    private static final int AROUND = 3;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * How long it took until everybody had everything, how many events were written to them for that (those that were
     * merged into others are not), and how many were lost on the way.
     */
    record Heard(long nanos, long written, long lost) {}

    /** What the fast readers heard, and what the slow one did. */
    record Mixed(Heard fast, Heard slow) {}

    /** One stream of so many events, read word by word. */
    Heard stream(int events) throws IOException {
        return streams(1, events);
    }

    /** So many streams at once, each of a task of its own. */
    Heard streams(int count, int events) throws IOException {
        try (var crowd = new Crowd(house.port())) {
            var readings = new ArrayList<Reading>();
            for (int i = 0; i < count; i++) {
                readings.add(crowd.connect(Requests.stream(events - AROUND), true));
            }
            crowd.send(readings);
            crowd.readToEnd(readings, LIMIT);
            long lost = 0;
            long end = 0;
            for (Reading reading : readings) {
                lost += check(reading, events);
                end = Math.max(end, reading.endedAt());
            }
            return new Heard(end - readings.getFirst().sentAt(), written(readings), lost);
        }
    }

    /** One task, whose agent begins when so many readers have joined its stream. */
    Heard audience(int count, int words) throws IOException, InterruptedException {
        return listen(count, 0, words).fast();
    }

    /** So many fast readers and a slow one. */
    Mixed mixed(int fast, int words) throws IOException, InterruptedException {
        return listen(fast, 1, words);
    }

    private Mixed listen(int fast, int slow, int words) throws IOException, InterruptedException {
        house.shutGate();
        try (var crowd = new Crowd(house.port())) {
            // The sender's own stream, by which the others are judged: it is read word by word.
            Reading own = crowd.connect(Requests.stream(words), true);
            crowd.send(List.of(own));
            await(crowd, own, 2);
            byte[] subscribe = Requests.subscribe(Answers.taskId(own));
            var readings = new ArrayList<Reading>();
            for (int i = 0; i < fast; i++) {
                readings.add(crowd.connect(subscribe, false));
            }
            var laggards = new ArrayList<Reading>();
            for (int i = 0; i < slow; i++) {
                laggards.add(crowd.connectSlow(subscribe, Duration.ofMillis(1)));
            }
            var all = new ArrayList<>(readings);
            all.addAll(laggards);
            crowd.send(all);
            for (Reading reading : all) {
                await(crowd, reading, 1);
            }
            long begin = System.nanoTime();
            house.openGate();
            crowd.readToEnd(readings, LIMIT);
            crowd.readToEnd(laggards, LIMIT);
            crowd.readToEnd(List.of(own), LIMIT);
            check(own, words + AROUND);
            long lost = compare(own, readings, words);
            long slowLost = compare(own, laggards, words);
            long end = readings.stream().mapToLong(Reading::endedAt).max().orElse(begin);
            return new Mixed(
                    new Heard(end - begin, written(readings), lost), new Heard(0, written(laggards), slowLost));
        }
    }

    private static void await(Crowd crowd, Reading reading, int events) throws IOException {
        if (!crowd.readUntil(() -> reading.events() >= events, LIMIT)) {
            throw new Lost("the beginning of a stream did not come within " + LIMIT);
        }
    }

    private long check(Reading reading, int events) {
        if (complete) {
            reading.requireAll(events);
            Answers.require(reading.payloads(), events - AROUND);
            return 0;
        }
        reading.requireCompleted();
        return reading.missing();
    }

    private static long written(List<Reading> readings) {
        return readings.stream().mapToLong(Reading::events).sum();
    }

    /** Each of these has the task as it was, the words, and the end; and the same bytes as the sender's own stream. */
    private long compare(Reading own, List<Reading> readings, int words) {
        if (!complete) {
            readings.forEach(Reading::requireCompleted);
            return readings.stream().mapToLong(Reading::missing).sum();
        }
        for (Reading reading : readings) {
            reading.requireAll(words + 2);
            boolean alike = reading.replaced() == 0 && own.replaced() == 0;
            if (alike && reading.checksum() != own.checksum()) {
                throw new Lost("two readers of one task were told different things");
            }
        }
        return 0;
    }
}
