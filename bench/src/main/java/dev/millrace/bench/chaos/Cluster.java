package dev.millrace.bench.chaos;

import dev.millrace.testkit.BreakableWire;
import dev.millrace.testkit.LocalPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The servers, and the database they share if they do. */
final class Cluster implements AutoCloseable {
    private static final Duration DRAIN = Duration.ofSeconds(3);

    private final Path folder;
    private final @Nullable LocalPostgres postgres;
    private final List<Replica> replicas;

    private Cluster(Path folder, @Nullable LocalPostgres postgres, List<Replica> replicas) {
        this.folder = folder;
        this.postgres = postgres;
        this.replicas = List.copyOf(replicas);
    }

    /** One server on SQLite. Starts nothing. */
    static Cluster onSqlite(Duration lease) throws IOException {
        Path folder = Files.createTempDirectory("millrace-chaos");
        Path config = configure(folder, lease);
        var arguments = List.of(
                "--config", config.toString(), "--data", folder.resolve("data").toString());
        return new Cluster(folder, null, List.of(new Replica("r1", folder, arguments, null)));
    }

    /** Servers on a PostgreSQL, each behind a wire of its own. Starts the PostgreSQL and nothing else. */
    static Cluster onPostgres(int count, Duration lease) throws IOException {
        LocalPostgres postgres = LocalPostgres.start().orElseThrow(() -> new IOException(LocalPostgres.missing()));
        String url = "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres?schema=chaos";
        return on(url, postgres, count, lease);
    }

    /** Servers on a PostgreSQL of somebody else's, which is cut, but not restarted. Starts nothing. */
    static Cluster onPostgres(URI url, int count, Duration lease) throws IOException {
        return on(url.toString(), null, count, lease);
    }

    private static Cluster on(String url, @Nullable LocalPostgres postgres, int count, Duration lease)
            throws IOException {
        Path folder = Files.createTempDirectory("millrace-chaos");
        Path config = configure(folder, lease);
        URI there = URI.create(url);
        int port = there.getPort() < 0 ? 5432 : there.getPort();
        var replicas = new ArrayList<Replica>();
        for (int i = 1; i <= count; i++) {
            var wire = new BreakableWire(new InetSocketAddress(there.getHost(), port));
            String through = url.replaceFirst(
                    "(://[^/?]*?)" + java.util.regex.Pattern.quote(there.getHost()) + "(:[0-9]+)?(?=/)",
                    "$1127.0.0.1:" + wire.port());
            replicas.add(
                    new Replica("r" + i, folder, List.of("--config", config.toString(), "--store", through), wire));
        }
        return new Cluster(folder, postgres, replicas);
    }

    /** As in production, but that what takes seconds there takes less here. Tasks are tried until they end. */
    private static Path configure(Path folder, Duration lease) throws IOException {
        return Files.writeString(folder.resolve("millrace.yaml"), """
                server: {drain: %dms}
                limits: {heartbeat: 1s, attempts: 1000}
                engine: {lease: %dms, lookAgain: 1s}
                """.formatted(DRAIN.toMillis(), lease.toMillis()));
    }

    Path folder() {
        return folder;
    }

    List<Replica> replicas() {
        return replicas;
    }

    /** Null if it is not ours to restart. */
    @Nullable LocalPostgres postgres() {
        return postgres;
    }

    /** One that serves, as far as is known; null if none does. */
    @Nullable Replica any(RandomGenerator random) {
        List<Replica> serving =
                replicas.stream().filter(each -> each.port() != 0).toList();
        return serving.isEmpty() ? null : serving.get(random.nextInt(serving.size()));
    }

    /** Ends everything; the folder with the logs stays. */
    void stop() throws IOException, InterruptedException {
        stopServers();
        if (postgres != null) {
            postgres.close();
        }
    }

    void stopServers() throws IOException, InterruptedException {
        for (Replica replica : replicas) {
            replica.kill();
            BreakableWire wire = replica.wire();
            if (wire != null) {
                wire.close();
            }
        }
    }

    /** Leaves nothing behind. */
    @Override
    public void close() throws IOException, InterruptedException {
        stop();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
