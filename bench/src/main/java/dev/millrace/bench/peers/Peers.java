package dev.millrace.bench.peers;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Line;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Sends and streams over JSON-RPC: ours beside a2a-python's and a2a-rust's servers, where they are installed. */
public final class Peers implements Experiment {
    private static final String TABLE = "a2a: servers side by side";
    private static final Duration START_LIMIT = Duration.ofMinutes(1);

    /** So many words make a stream of about 502 events. */
    private static final int LONG = 499;

    /** So many words are more than what a server and the kernel keep for a reader that rests. */
    private static final int LONGER = 5_000;

    private static final String COLD = "cold start to first answer";
    private static final String BIG = "1 MB there and back";
    private static final String SLOW = String.format(Locale.ROOT, "slow reader, %,d words", LONGER);

    private static final String MEGABYTE = "x".repeat(1_000_000);
    private static final int BIG_WARM_UP = 150;
    private static final int STORED = 20_000;

    /** Measures one thing once; gives nanoseconds. */
    private interface Measure {
        long of(Guest guest) throws Exception;
    }

    /** A peer and the connections that sends and streams go over. */
    private record Guest(Peer peer, Line line, Crowd crowd) implements AutoCloseable {
        String name() {
            return peer.name();
        }

        long send(String text) throws IOException {
            return Load.send(peer, line, text);
        }

        long streams(int count, int words) throws IOException {
            return Load.streams(peer, crowd, count, words);
        }

        @Override
        public void close() throws Exception {
            line.close();
            crowd.close();
            peer.close();
        }
    }

    /**
     * A row for each server.
     *
     * @param faster by how much ours is to be faster than a2a-rust's
     * @param times how often it is measured in each round
     */
    private record Scenario(String name, int faster, int times, Measure measure) {}

    private static final List<Scenario> FEW = List.of(
            new Scenario("send", 1, 500, guest -> guest.send("hello")),
            new Scenario("4-event stream", 1, 500, guest -> guest.streams(1, 1)),
            // No more in a row: a2a-rust takes ten times as long after some hundreds, until it has rested.
            new Scenario("502-event stream", 5, 50, guest -> guest.streams(1, LONG)),
            new Scenario("64 streams at once", 1, 20, guest -> guest.streams(64, 1)),
            new Scenario(BIG, 1, 20, guest -> guest.send(MEGABYTE)));

    @Override
    public void run(Plan plan, Report report) throws Exception {
        List<Peer.Kind> all = Peer.kinds();
        if (all.size() < 5) {
            report.progress("for all peers: interop/install python; interop/build-a2a-rust");
        }
        List<Peer.Kind> kinds =
                all.stream().filter(kind -> plan.compares(kind.name())).toList();
        coldStarts(plan, report, kinds);
        if (plan.compares(Peer.OURS)) {
            Idle.measure(plan, report, TABLE);
        }
        var guests = new ArrayList<Guest>();
        try {
            for (Peer.Kind kind : kinds) {
                guests.add(welcome(kind));
            }
            fewTasks(plan, report, guests);
            List<Guest> storing = guests.stream()
                    .filter(guest -> !guest.name().equals(Peer.BARE))
                    .toList();
            slowReaders(plan, report, storing);
            manyTasks(plan, report, storing);
        } finally {
            for (Guest guest : guests) {
                guest.close();
            }
        }
        report.print(TABLE);
    }

    private static void fewTasks(Plan plan, Report report, List<Guest> guests) throws Exception {
        List<Scenario> wanted =
                FEW.stream().filter(each -> plan.wants(each.name())).toList();
        if (wanted.isEmpty() && (plan.wants(SLOW) || plan.wants(stored(plan)))) {
            wanted = FEW.subList(0, 2); // so that what comes then is warm
        }
        for (Guest guest : guests) {
            report.progress("warm-up of " + guest.name());
            for (Scenario each : wanted) {
                warmUp(plan, guest, each);
            }
        }
        for (Scenario each : wanted) {
            measure(plan, report, guests, each);
        }
    }

    private static void warmUp(Plan plan, Guest guest, Scenario scenario) throws Exception {
        if (!scenario.name().equals(BIG)) {
            plan.settle(() -> scenario.measure().of(guest));
            return;
        }
        // Each of them stays in the servers' memory, so that there are only so many.
        int[] left = {plan.times(BIG_WARM_UP)};
        plan.warmUp(() -> {
            if (left[0]-- > 0) {
                scenario.measure().of(guest);
            } else {
                guest.send("warm");
            }
        });
    }

    /** The same with many tasks stored beside those of before. */
    private static void manyTasks(Plan plan, Report report, List<Guest> guests) throws Exception {
        if (!plan.wants(stored(plan))) {
            return;
        }
        int stored = plan.times(STORED);
        for (Guest guest : guests) {
            report.progress(stored + " tasks into " + guest.name());
            for (int i = 0; i < stored; i++) {
                guest.send("stored");
            }
        }
        for (Scenario each : FEW.subList(0, 2)) {
            measure(
                    plan,
                    report,
                    guests,
                    new Scenario(each.name() + stored(plan), each.faster(), each.times(), each.measure()));
        }
    }

    private static String stored(Plan plan) {
        return String.format(Locale.ROOT, ", %,d tasks more", plan.times(STORED));
    }

    private static void measure(Plan plan, Report report, List<Guest> guests, Scenario scenario) throws Exception {
        Map<Guest, Samples> samples = new LinkedHashMap<>();
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress(scenario.name() + ", round " + round);
            for (Guest guest : guests) {
                for (int i = 0; i < plan.times(scenario.times()); i++) {
                    samples.computeIfAbsent(guest, _ -> new Samples())
                            .add((double) scenario.measure().of(guest));
                }
            }
        }
        Samples rust = samples.entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(Peer.RUST))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        samples.forEach((guest, of) -> {
            Row row = Row.of(scenario.name(), guest.name()).millis("one", of);
            if (rust != null && guest.name().equals(Peer.OURS)) {
                double most = rust.median() / scenario.faster();
                row.target(String.format(Locale.ROOT, "p50 ≤ %.2f ms", most / 1e6), of.median() <= most);
            }
            report.add(TABLE, row);
        });
    }

    /** From the start of the process to the end of the first answer. */
    private static void coldStarts(Plan plan, Report report, List<Peer.Kind> kinds) throws Exception {
        if (!plan.wants(COLD)) {
            return;
        }
        var all = new ArrayList<>(kinds);
        Peer.Kind launched = Peer.launched();
        if (launched != null && plan.compares(launched.name())) {
            welcome(launched).close(); // the first may have to build
            all.add(launched);
        }
        for (Peer.Kind kind : all) {
            report.progress("cold start of " + kind.name());
            var samples = new Samples();
            for (int i = 0; i < plan.times(5); i++) {
                long began = System.nanoTime();
                try (Guest _ = welcome(kind)) {
                    samples.add((double) (System.nanoTime() - began));
                }
            }
            report.add(TABLE, Row.of(COLD, kind.name()).millis("one", samples));
        }
    }

    /** A new server that has answered once. */
    private static Guest welcome(Peer.Kind kind) throws Exception {
        Peer peer = kind.start().call();
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try {
                var guest = new Guest(peer, new Line(peer.port()), new Crowd(peer.port()));
                guest.send("first");
                return guest;
            } catch (ConnectException notThereYet) {
                if (System.nanoTime() > deadline) {
                    peer.close();
                    throw notThereYet;
                }
                Thread.sleep(2);
            }
        }
    }

    /**
     * What comes to a reader that takes 8 KB and then rests for 5 ms. The rests are most of the time, so that it is no
     * figure; the figure is how many of the answers came whole.
     */
    private static void slowReaders(Plan plan, Report report, List<Guest> guests) throws Exception {
        for (Guest guest : plan.wants(SLOW) ? guests : List.<Guest>of()) {
            report.progress("a slow reader of " + guest.name());
            int times = plan.times(5);
            int whole = 0;
            for (int i = 0; i < times; i++) {
                if (Load.slowly(guest.peer(), LONGER, Duration.ofMillis(5))) {
                    whole++;
                }
            }
            report.add(TABLE, Row.of(SLOW, guest.name()).number("whole of " + times, whole));
        }
    }
}
