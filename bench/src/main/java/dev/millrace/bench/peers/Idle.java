package dev.millrace.bench.peers;

import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.house.House;
import dev.millrace.bench.load.Answers;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Reading;
import dev.millrace.bench.load.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What subscribers cost to whom nothing is said: each has a connection of its own to one task that waits. The figure is the
 * memory of the whole process; afterwards the task goes on, and each of them must see it to its end.
 */
final class Idle {
    private static final int SUBSCRIBERS = 10_000;

    /** So many connect at once, which keeps the queue of those that wait to be accepted short. */
    private static final int TOGETHER = 250;

    private static final long MOST = 300_000_000;

    /** In MiB: a server of little memory, as one is that has little to do. */
    private static final int HEAP = 176;

    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Long enough for the sweeper to pass, and for what was made in connecting to be collected if it has to be. */
    private static final Duration REST = Duration.ofSeconds(3);

    private Idle() {}

    static void measure(Plan plan, Report report, String table) throws Exception {
        int count = plan.load(SUBSCRIBERS);
        String scenario = String.format(Locale.ROOT, "%,d idle subscribers", count);
        if (!plan.wants(scenario)) {
            return;
        }
        report.progress(count + " idle subscribers");
        try (House house = House.frugal(HEAP);
                var crowd = new Crowd(house.port())) {
            house.shutGate();
            Reading first = crowd.connect(Requests.stream(1), true);
            crowd.send(List.of(first));
            require(crowd.readUntil(() -> first.events() > 0, LIMIT), "the task did not begin");
            String taskId = Answers.taskId(first);
            long before = house.residentMemory();
            var all = new ArrayList<Reading>();
            while (all.size() < count) {
                var some = new ArrayList<Reading>();
                for (int i = Math.min(TOGETHER, count - all.size()); i > 0; i--) {
                    some.add(crowd.connect(Requests.subscribe(taskId), false));
                }
                crowd.send(some);
                require(
                        crowd.readUntil(() -> some.stream().allMatch(each -> each.events() > 0), LIMIT),
                        "some subscribers were told nothing");
                all.addAll(some);
            }
            long rests = System.nanoTime() + REST.toNanos();
            crowd.readUntil(() -> System.nanoTime() >= rests, REST.plusSeconds(1));
            long memory = house.residentMemory();
            long began = System.nanoTime();
            house.openGate();
            all.add(first);
            crowd.readToEnd(all, LIMIT);
            double took = (System.nanoTime() - began) / 1e6;
            all.forEach(Reading::requireCompleted);
            report.add(
                    table,
                    Row.of(scenario, Peer.OURS)
                            .number("RSS MB", memory / 1e6)
                            .number("before MB", before / 1e6)
                            .number("all told after ms", took)
                            .target("RSS ≤ 300 MB", memory <= MOST));
        }
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw new Lost(otherwise + " within " + LIMIT);
        }
    }
}
