package dev.millrace.bench.peers;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
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

    private static final int MEGABYTE = 1_000_000;
    private static final int BIG_WARM_UP = 150;

    /** Measures one thing once; gives nanoseconds. */
    private interface Measure {
        long of(Guest guest) throws Exception;
    }

    /** A peer and the connection that sends go over. */
    private record Guest(Peer peer, Line line) implements AutoCloseable {
        String name() {
            return peer.name();
        }

        long send(String text) throws IOException {
            return Load.send(peer, line, text);
        }

        long streams(int count, int words) throws IOException {
            return Load.streams(peer, count, words);
        }

        @Override
        public void close() throws Exception {
            line.close();
            peer.close();
        }
    }

    @Override
    public void run(Plan plan, Report report) throws Exception {
        List<Peer.Kind> kinds = Peer.kinds();
        if (kinds.size() < 5) {
            report.progress("for all peers: interop/install python; interop/build-a2a-rust");
        }
        coldStarts(plan, report, kinds);
        Idle.measure(plan, report, TABLE);
        var guests = new ArrayList<Guest>();
        try {
            for (Peer.Kind kind : kinds) {
                guests.add(welcome(kind));
            }
            String big = "x".repeat(MEGABYTE);
            for (Guest guest : guests) {
                report.progress("warm-up of " + guest.name());
                plan.warmUp(() -> {
                    guest.send("warm");
                    guest.streams(1, 1);
                });
                plan.warmUp(() -> guest.streams(64, 1));
                warmUpBig(plan, guest, big);
                plan.warmUp(() -> guest.streams(1, LONG));
            }
            measure(plan, report, guests, "send", 1, 500, guest -> guest.send("hello"));
            measure(plan, report, guests, "4-event stream", 1, 500, guest -> guest.streams(1, 1));
            measure(plan, report, guests, "502-event stream", 5, 50, guest -> guest.streams(1, LONG));
            measure(plan, report, guests, "64 streams at once", 1, 20, guest -> guest.streams(64, 1));
            measure(plan, report, guests, "1 MB there and back", 1, 20, guest -> guest.send(big));
            List<Guest> storing = guests.stream()
                    .filter(guest -> !guest.name().equals(Peer.BARE))
                    .toList();
            slowReaders(plan, report, storing);
            int stored = plan.times(20_000);
            for (Guest guest : storing) {
                report.progress(stored + " tasks into " + guest.name());
                for (int i = 0; i < stored; i++) {
                    guest.send("stored");
                }
            }
            String full = String.format(Locale.ROOT, ", %,d tasks more", stored);
            measure(plan, report, storing, "send" + full, 1, 500, guest -> guest.send("hello"));
            measure(plan, report, storing, "4-event stream" + full, 1, 500, guest -> guest.streams(1, 1));
        } finally {
            for (Guest guest : guests) {
                guest.close();
            }
        }
        report.print(TABLE);
    }

    /** Each of them stays in the servers' memory, so that there are only so many. */
    private static void warmUpBig(Plan plan, Guest guest, String big) throws Exception {
        int[] left = {plan.times(BIG_WARM_UP)};
        plan.warmUp(() -> {
            if (left[0]-- > 0) {
                guest.send(big);
            } else {
                guest.send("warm");
            }
        });
    }

    /** @param faster by how much ours is to be faster than a2a-rust's */
    private static void measure(
            Plan plan, Report report, List<Guest> guests, String what, int faster, int times, Measure measure)
            throws Exception {
        Map<Guest, Samples> samples = new LinkedHashMap<>();
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress(what + ", round " + round);
            for (Guest guest : guests) {
                for (int i = 0; i < plan.times(times); i++) {
                    samples.computeIfAbsent(guest, _ -> new Samples()).add((double) measure.of(guest));
                }
            }
        }
        Samples rust = samples.entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(Peer.RUST))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        samples.forEach((guest, of) -> {
            Row row = Row.of(what, guest.name()).millis("one", of);
            if (rust != null && guest.name().equals(Peer.OURS)) {
                double most = rust.median() / faster;
                row.target(String.format(Locale.ROOT, "p50 ≤ %.2f ms", most / 1e6), of.median() <= most);
            }
            report.add(TABLE, row);
        });
    }

    /** From the start of the process to the end of the first answer. */
    private static void coldStarts(Plan plan, Report report, List<Peer.Kind> kinds) throws Exception {
        for (Peer.Kind kind : kinds) {
            report.progress("cold start of " + kind.name());
            var samples = new Samples();
            for (int i = 0; i < plan.times(5); i++) {
                long began = System.nanoTime();
                try (Guest _ = welcome(kind)) {
                    samples.add((double) (System.nanoTime() - began));
                }
            }
            report.add(TABLE, Row.of("cold start to first answer", kind.name()).millis("one", samples));
        }
    }

    /** A new server that has answered once. */
    private static Guest welcome(Peer.Kind kind) throws Exception {
        Peer peer = kind.start().call();
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try {
                var guest = new Guest(peer, new Line(peer.port()));
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
        for (Guest guest : guests) {
            report.progress("a slow reader of " + guest.name());
            int times = plan.times(5);
            int whole = 0;
            for (int i = 0; i < times; i++) {
                if (Load.slowly(guest.peer(), LONGER, Duration.ofMillis(5))) {
                    whole++;
                }
            }
            report.add(
                    TABLE,
                    Row.of(String.format(Locale.ROOT, "slow reader, %,d words", LONGER), guest.name())
                            .number("whole of " + times, whole));
        }
    }
}
