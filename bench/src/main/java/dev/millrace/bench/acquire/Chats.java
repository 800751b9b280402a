package dev.millrace.bench.acquire;

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
import java.util.Random;

/** Sends messages to new chats of one house; each is answered with one word, and each answer is checked. */
record Chats(String name, House house) {
    /** The task, WORKING, the word, COMPLETED. */
    private static final int EVENTS = 4;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Nanoseconds: for each chat from commit to agent, and from request to word; and until all agents had started. */
    record Batch(List<Long> toStart, List<Long> toWord, long allStarted) {}

    /** Each chat begins when the one before has ended. */
    Batch oneAfterTheOther(int count) throws IOException, InterruptedException {
        house.starts();
        try (var crowd = new Crowd(house.port())) {
            var readings = new ArrayList<Reading>();
            for (int i = 0; i < count; i++) {
                Reading reading = crowd.connect(Requests.stream(1), true);
                crowd.send(List.of(reading));
                crowd.readToEnd(List.of(reading), LIMIT);
                readings.add(reading);
            }
            return batch(readings);
        }
    }

    /** All requests go out together, over connections that are open. */
    Batch atOnce(int count) throws IOException, InterruptedException {
        house.starts();
        try (var crowd = new Crowd(house.port())) {
            List<Reading> readings = connect(crowd, count);
            crowd.send(readings);
            crowd.readToEnd(readings, LIMIT);
            return batch(readings);
        }
    }

    /** The requests go out at random moments within this time. */
    Batch spread(int count, int millis, Random random) throws IOException, InterruptedException {
        house.starts();
        try (var crowd = new Crowd(house.port())) {
            List<Reading> readings = connect(crowd, count);
            List<Long> moments =
                    random.longs(count, 0, millis * 1_000_000L).sorted().boxed().toList();
            long begin = System.nanoTime();
            for (int i = 0; i < count; i++) {
                long moment = begin + moments.get(i);
                crowd.readUntil(() -> false, Duration.ofNanos(Math.max(0, moment - System.nanoTime())));
                crowd.send(List.of(readings.get(i)));
            }
            crowd.readToEnd(readings, LIMIT);
            return batch(readings);
        }
    }

    /** How many of so many requests, sent at once, had their first word within this time. The rest is abandoned. */
    int startedWithin(int count, int seconds) throws IOException {
        try (var crowd = new Crowd(house.port())) {
            List<Reading> readings = connect(crowd, count);
            crowd.send(readings);
            crowd.readUntil(() -> false, Duration.ofSeconds(seconds));
            return (int) readings.stream()
                    .filter(reading -> reading.firstWordAt() != 0)
                    .count();
        }
    }

    private static List<Reading> connect(Crowd crowd, int count) throws IOException {
        var readings = new ArrayList<Reading>();
        for (int i = 0; i < count; i++) {
            readings.add(crowd.connect(Requests.stream(1), true));
        }
        return readings;
    }

    private Batch batch(List<Reading> readings) throws IOException, InterruptedException {
        for (Reading reading : readings) {
            reading.requireAll(EVENTS);
            Answers.require(reading.payloads(), 1);
        }
        List<House.Start> starts = house.starts();
        if (starts.size() != readings.size()) {
            throw new Lost(readings.size() + " sends, but " + starts.size() + " agents started");
        }
        long first = readings.getFirst().sentAt();
        return new Batch(
                starts.stream().map(House.Start::nanos).toList(),
                readings.stream()
                        .map(reading -> reading.firstWordAt() - reading.sentAt())
                        .toList(),
                // The clock of System.nanoTime is the machine's, the same in both processes (Linux).
                starts.stream().mapToLong(House.Start::at).max().orElse(first) - first);
    }
}
