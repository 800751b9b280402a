package dev.millrace.bench.decisions;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What a commit costs, by how much is in it and what it waits for; and what SQLite does to virtual threads. */
public final class SqliteFigures implements Experiment {
    private static final String COMMITS = "sqlite: commits of events of 250 bytes, WAL";
    private static final String THREADS =
            "sqlite: four writers and a virtual thread that wants to run each millisecond";

    private static final int[] GROUPS = {1, 8, 64, 512};
    private static final int WRITERS = 4;

    @Override
    public void run(Plan plan, Report report) throws Exception {
        Path folder = Files.createTempDirectory("millrace-bench");
        try {
            commits(plan, report, folder);
            threads(plan, report, folder);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void commits(Plan plan, Report report, Path folder) throws SQLException {
        Map<String, Samples> times = new LinkedHashMap<>();
        for (int round = 0; round <= plan.rounds(); round++) { // the first one warms up
            for (String synchronous : List.of("FULL", "NORMAL")) {
                try (var database = new EventTable(folder.resolve(synchronous + round + ".db"), synchronous)) {
                    for (int group : GROUPS) {
                        Samples of = times.computeIfAbsent(synchronous + " " + group, key -> new Samples());
                        for (int i = 0; i < plan.times(100); i++) {
                            long begin = System.nanoTime();
                            database.commit(group);
                            if (round > 0) {
                                of.add(System.nanoTime() - (double) begin);
                            }
                        }
                    }
                    database.requireAll();
                }
            }
            report.progress("commits, round " + round);
        }
        for (int group : GROUPS) {
            for (String synchronous : List.of("FULL", "NORMAL")) {
                Samples of = times.getOrDefault(synchronous + " " + group, new Samples());
                report.add(
                        COMMITS,
                        Row.of(group + (group == 1 ? " event" : " events") + " a commit", synchronous)
                                .number("commit µs", of.median() / 1e3)
                                .number("p99", of.p99() / 1e3)
                                .percent("spread", of.spread())
                                .number("µs/event", of.median() / 1e3 / group));
            }
        }
        report.print(COMMITS);
    }

    private static void threads(Plan plan, Report report, Path folder) throws Exception {
        Duration time = Duration.ofMillis(plan.times(1_500));
        var virtual = new Samples();
        var virtualStall = new Samples();
        var platform = new Samples();
        var platformStall = new Samples();
        long refused = 0;
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress("virtual threads, round " + round);
            Path file = folder.resolve("threads" + round + ".db");
            try (var pulse = new Pulse()) {
                Written written = onVirtualThreads(file, time);
                virtual.add(written.rate());
                refused += written.refused();
                virtualStall.add(pulse.longestStall());
            }
            try (var pulse = new Pulse()) {
                platform.add(onOnePlatformThread(folder.resolve("writer" + round + ".db"), time)
                        .rate());
                platformStall.add(pulse.longestStall());
            }
        }
        report.add(THREADS, row("4 virtual threads call SQLite", virtual, virtualStall, refused));
        report.add(THREADS, row("4 virtual threads ask one platform thread", platform, platformStall, 0));
        report.print(THREADS);
    }

    private static Row row(String variant, Samples rate, Samples stall, long refused) {
        return Row.of("4 writers", variant)
                .number("commits/s", rate.median())
                .number("others did not run for ms", stall.median() / 1e6)
                .number("at worst ms", stall.quantile(1) / 1e6)
                .number("database is locked", (double) refused);
    }

    /** Commits in a second, and how many were refused because the lock was not to be had within a second. */
    private record Written(double rate, long refused) {}

    /** Each with a connection of its own, as a pool would give it; SQLite itself waits while another writes. */
    private static Written onVirtualThreads(Path file, Duration time) throws Exception {
        var databases = new ArrayList<EventTable>();
        for (int i = 0; i < WRITERS; i++) {
            databases.add(new EventTable(file, "FULL"));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var done = new LongAdder();
            var refused = new LongAdder();
            long begin = System.nanoTime();
            long end = begin + time.toNanos();
            var writers = new ArrayList<Future<Boolean>>();
            for (EventTable database : databases) {
                writers.add(threads.submit((Callable<Boolean>) () -> {
                    while (System.nanoTime() < end) {
                        (database.commitYielding() ? done : refused).increment();
                    }
                    return true;
                }));
            }
            for (Future<Boolean> writer : writers) {
                writer.get();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            databases.getFirst().requireCount(done.intValue());
            return new Written(done.sum() / seconds, refused.sum());
        } finally {
            for (EventTable database : databases) {
                database.close();
            }
        }
    }

    /** The virtual threads wait as virtual threads do; one commit for each, as above, so no group commit helps. */
    private static Written onOnePlatformThread(Path file, Duration time) throws Exception {
        try (var database = new EventTable(file, "FULL");
                ExecutorService writer = Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("writer").factory());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var done = new LongAdder();
            long begin = System.nanoTime();
            long end = begin + time.toNanos();
            var askers = new ArrayList<Future<Boolean>>();
            for (int asker = 0; asker < WRITERS; asker++) {
                askers.add(threads.submit((Callable<Boolean>) () -> {
                    while (System.nanoTime() < end) {
                        writer.submit((Callable<Boolean>) () -> {
                                    database.commit(1);
                                    done.increment();
                                    return true;
                                })
                                .get();
                    }
                    return true;
                }));
            }
            for (Future<Boolean> asker : askers) {
                asker.get();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            database.requireAll();
            return new Written(done.sum() / seconds, 0);
        }
    }

    /** A virtual thread that wants to run each millisecond, and notes the longest time that it could not. */
    private static final class Pulse implements AutoCloseable {
        private final AtomicLong last = new AtomicLong(System.nanoTime());
        private volatile long longest;
        private final Thread thread = Thread.startVirtualThread(this::beat);

        private void beat() {
            try {
                while (true) {
                    Thread.sleep(1);
                    long now = System.nanoTime();
                    longest = Math.max(longest, now - last.getAndSet(now));
                }
            } catch (InterruptedException done) {
                Thread.currentThread().interrupt();
            }
        }

        /** In nanoseconds; what lasts is counted up to now. */
        double longestStall() {
            return Math.max(longest, System.nanoTime() - last.get());
        }

        @Override
        public void close() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }
    }
}
