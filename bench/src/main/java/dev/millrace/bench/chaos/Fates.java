package dev.millrace.bench.chaos;

import dev.millrace.testkit.BreakableWire;
import dev.millrace.testkit.LocalPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What befalls the servers, by the seed: each has a thread that strikes it again and again, and so has the database. Which
 * blows and how long is told by the seed; when exactly they fall is not.
 */
final class Fates {
    private static final Logger LOG = LoggerFactory.getLogger(Fates.class);

    private static final int DATABASE = 20; // seconds between two restarts, on average

    private final Cluster cluster;
    private final ChaosPlan plan;
    private final Tally tally;
    private final Findings findings;
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    Fates(Cluster cluster, ChaosPlan plan, Tally tally, Findings findings) {
        this.cluster = cluster;
        this.plan = plan;
        this.tally = tally;
        this.findings = findings;
    }

    /** A blow. */
    private interface Blow {
        void fall() throws IOException, InterruptedException;
    }

    void start() {
        var seeds = new Random(plan.seed());
        for (Replica replica : cluster.replicas()) {
            var random = new Random(seeds.nextLong());
            threads.add(Thread.ofVirtual()
                    .start(() -> repeat(random, 2_500 + 1_000 * plan.replicas(), () -> {
                        strike(replica, random);
                    })));
        }
        LocalPostgres postgres = cluster.postgres();
        if (postgres != null) {
            var random = new Random(seeds.nextLong());
            threads.add(Thread.ofVirtual()
                    .start(() -> repeat(random, DATABASE * 1_000, () -> {
                        postgres.stop(
                                plan.crashes() && random.nextBoolean()
                                        ? LocalPostgres.Stop.IMMEDIATE
                                        : LocalPostgres.Stop.FAST);
                        postgres.launch();
                        tally.add(Tally.Count.DATABASE_RESTARTS);
                    })));
        }
    }

    private void repeat(Random random, int millis, Blow blow) {
        try {
            while (!over.await(millis / 2 + random.nextInt(millis), TimeUnit.MILLISECONDS)) {
                blow.fall();
            }
        } catch (IOException | RuntimeException e) {
            findings.add("the test itself failed: " + e, java.util.Arrays.toString(e.getStackTrace()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void strike(Replica replica, Random random) throws IOException, InterruptedException {
        BreakableWire wire = replica.wire();
        if (wire != null && random.nextInt(11) < 5) {
            strike(wire, random);
            return;
        }
        switch (random.nextInt(6)) {
            case 0, 1, 2 -> {
                tally.lost(replica.processName());
                replica.kill();
                tally.add(Tally.Count.KILLS);
                pause(random.nextInt(1_000));
                restart(replica);
            }
            case 3, 4 -> {
                tally.lost(replica.processName());
                replica.freeze();
                tally.add(Tally.Count.FREEZES);
                pause(random.nextInt(twoLeases()));
                replica.thaw();
                tally.back(replica.processName());
            }
            default -> {
                tally.add(Tally.Count.DRAINS);
                if (!replica.drain()) {
                    findings.add(replica.processName() + " did not end when it was told to", "");
                }
                restart(replica);
            }
        }
    }

    private void strike(BreakableWire wire, Random random) throws InterruptedException {
        tally.add(Tally.Count.CUTS);
        switch (random.nextInt(5)) {
            case 0, 1 -> wire.cut();
            case 2, 3 -> {
                wire.refuse();
                pause(random.nextInt((int) plan.longestOutage().toMillis()));
            }
            default -> {
                wire.stall();
                pause(random.nextInt(twoLeases()));
            }
        }
        wire.mend();
    }

    /** As likely as not, others have taken over meanwhile. */
    private int twoLeases() {
        return Math.toIntExact(plan.lease().multipliedBy(2).toMillis());
    }

    private void pause(int millis) throws InterruptedException {
        if (over.await(millis, TimeUnit.MILLISECONDS)) {
            LOG.debug("the end cut a pause short");
        }
    }

    /** Until it serves: its database may be away for a while. */
    private void restart(Replica replica) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!replica.start()) {
            replica.kill();
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(replica.processName() + " does not start; see its log");
            }
            Thread.sleep(200);
        }
    }

    /** No more of it: when this returns, everything runs and is connected. */
    void end() throws InterruptedException {
        over.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
