package dev.millrace.bench.prefetch;

import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Whole servers between the same scripted origin and the same player, each a process of its own: Millrace, nginx with
 * {@code slice}, {@code rclone serve http}. Each film is played by a name that the server has not seen; the way there is
 * cold, and so is the cache. And a folder's file, as fast as it goes, beside nginx's sendfile.
 */
final class FilmServers {
    static final String PLAYING = "films: whole servers, a player from the beginning, its seek, and a probe";
    static final String CROWD = "films: a hundred players at once";
    static final String LOCAL = "films: a file of a folder";

    private static final int MIB = 1 << 20;
    private static final int PLAYERS = 100;
    private static final int CROWDS = 5;
    private static final int CROWD_MIB = 4;
    private static final String CROWDED = "players";
    private static final int PROBE = 100_000;
    private static final int BUFFER = 16 << 10;

    /** After so many requests what each of them runs through once is compiled, too. */
    private static final int REQUESTS_TO_WARM_UP = 2000;

    private static final double NEAR_ENOUGH = 1.05;
    private static final double OF_NGINX = 0.9;
    private static final double OF_THE_WAY = 0.95;
    private static final String COLD = "Millrace, just started";
    private static final int SEVERAL = 8;
    private static final String FOLDER = "folder";

    private final Plan plan;
    private final Report report;
    private final Origin origin;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** What each server took when it had sent one film's beginning, in bytes. */
    private final Map<FilmServer, Long> idle = new HashMap<>();

    FilmServers(Plan plan, Report report, Origin origin) {
        this.plan = plan;
        this.report = report;
        this.origin = origin;
    }

    /** What one server did at one place. */
    private static final class Figures {
        final Samples first = new Samples();
        final Samples two = new Samples();
        final Samples rate = new Samples();
        final Samples gap = new Samples();
        final Samples seek = new Samples();
        final Samples probe = new Samples();
    }

    void run(List<Films.Place> places) throws Exception {
        Path folder = Files.createTempDirectory("millrace-films");
        try {
            passedOn(folder, places);
            if (plan.wants(FOLDER)) {
                local(folder);
            }
        } finally {
            client.close();
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    // ---- an origin's films

    private void passedOn(Path folder, List<Films.Place> places) throws Exception {
        List<FilmServer> servers = new ArrayList<>();
        try {
            origin.follow(Script.none());
            Path own = Files.createDirectory(folder.resolve("millrace"));
            // One source more than there are places, to warm up with: what it learns is nobody's advantage.
            servers.add(FilmServer.millrace(own, source(), places.size() + 1));
            FilmServer.nginxSlice(Files.createDirectory(folder.resolve("nginx")), origin.base())
                    .ifPresentOrElse(servers::add, () -> missing("nginx"));
            FilmServer.rclone(Files.createDirectory(folder.resolve("rclone")), origin.base())
                    .ifPresentOrElse(servers::add, () -> missing("rclone"));
            for (FilmServer server : servers) {
                // Its first film of all, and rclone's look at the folder, are not the subject.
                read(server.film(server.unseen()), 0, PROBE, new Films.Run());
                server.memory().ifPresent(bytes -> idle.put(server, bytes));
            }
            report.progress("warming up");
            for (FilmServer server : servers) {
                origin.follow(Script.latency(Script.Law.FIXED, Duration.ofMillis(50), plan.seed()));
                plan.settle(() -> {
                    Films.Run run = new Films.Run();
                    read(server.film("place" + places.size(), server.unseen()), 0, 16 * MIB, run);
                    return run.last - run.start;
                });
                request(server, "place" + places.size(), plan.times(REQUESTS_TO_WARM_UP));
            }
            for (Films.Place place :
                    places.stream().filter(each -> plan.wants(each.title())).toList()) {
                List<FilmServer> all = new ArrayList<>(servers);
                all.add(FilmServer.none(origin.base()));
                boolean last = place.equals(places.getLast());
                if (last && plan.size() != Plan.Size.TRIAL) {
                    Path cold = Files.createDirectory(folder.resolve("millrace-cold"));
                    all.add(FilmServer.millrace(COLD, cold, source(), places.size()));
                }
                try {
                    playing(all, place, "place" + places.indexOf(place));
                } finally {
                    all.getLast().close();
                }
            }
            report.print(PLAYING);
            if (plan.wants(CROWDED)) {
                crowds(servers);
            }
        } finally {
            for (FilmServer server : servers) {
                server.close();
            }
        }
    }

    /** So many films are begun, some at once. */
    private void request(FilmServer server, String source, int times) throws Exception {
        try (var threads = Executors.newFixedThreadPool(SEVERAL)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                URI film = server.film(source, server.unseen());
                Callable<?> probe = () -> {
                    read(film, 0, PROBE, new Films.Run());
                    return film;
                };
                all.add(threads.submit(probe));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
    }

    private String source() {
        return "{type: http, base: \"" + origin.base() + "\"}";
    }

    private void missing(String program) {
        report.progress(program + " is not here and takes no part; .ci/tools bench installs it");
    }

    private void playing(List<FilmServer> servers, Films.Place place, String source) throws Exception {
        int bytes = Math.max(2, plan.load(place.mebibytes())) * MIB;
        Map<FilmServer, Figures> all = new LinkedHashMap<>();
        servers.forEach(server -> all.put(server, new Figures()));
        for (int round = 1; round <= Math.min(plan.rounds(), 3); round++) {
            report.progress(place.title() + ", whole servers, round " + round);
            for (int i = 0; i < place.plays(); i++) {
                // By turns: what else the machine does meets them all.
                for (var each : all.entrySet()) {
                    // Only once is it just started.
                    if (i == 0 || !each.getKey().title().equals(COLD)) {
                        play(each.getKey(), each.getValue(), place, source, bytes);
                    }
                }
            }
        }
        double soonest = all.entrySet().stream()
                .filter(each -> isPeer(each.getKey()))
                .mapToDouble(each -> each.getValue().two.median())
                .min()
                .orElse(Double.MAX_VALUE);
        double fastest = all.entrySet().stream()
                .filter(each -> isPeer(each.getKey()))
                .mapToDouble(each -> each.getValue().rate.median())
                .max()
                .orElse(0);
        double allowed = all.entrySet().stream()
                .filter(each -> !each.getKey().isThere())
                .mapToDouble(each -> each.getValue().rate.median())
                .max()
                .orElse(0);
        all.forEach((server, of) -> {
            Row row = Row.of(place.title(), server.title())
                    .number("first byte ms", of.first.median() / 1e6)
                    .number("2 MiB ms", of.two.median() / 1e6)
                    .number("MiB/s", of.rate.median())
                    .percent("of what it allows", of.rate.median() / allowed)
                    .number("worst gap ms", of.gap.median() / 1e6)
                    .number("seek ms", of.seek.median() / 1e6)
                    .number("probe's MiB", of.probe.median());
            if (server.title().equals(FilmServer.OURS)) {
                boolean slowWay = place.script().get().pipe() != null;
                boolean near = of.two.median() <= NEAR_ENOUGH * soonest && of.rate.median() * NEAR_ENOUGH >= fastest;
                row.target(
                        "2 MiB and MiB/s within 5 % of the best" + (slowWay ? ", 95 % of what it allows" : ""),
                        near && (!slowWay || of.rate.median() >= OF_THE_WAY * allowed));
            }
            report.add(PLAYING, row);
        });
    }

    private static boolean isPeer(FilmServer server) {
        return server.isThere() && !server.isOurs();
    }

    private void play(FilmServer server, Figures figures, Films.Place place, String source, int bytes)
            throws Exception {
        origin.follow(place.script().get());
        URI film = server.film(source, server.unseen());
        Films.Run run = new Films.Run();
        read(film, 0, bytes, run);
        figures.first.add((double) run.first);
        figures.two.add((double) run.two);
        figures.rate.add(bytes / (double) MIB / ((run.last - run.start) / 1e9));
        figures.gap.add((double) run.gap);
        settled();
        Films.Run seek = new Films.Run();
        read(film, origin.fileBytes() / 2, PROBE, seek);
        figures.seek.add((double) seek.first);
        settled();
        read(server.film(source, server.unseen()), 0, PROBE, new Films.Run());
        figures.probe.add(settled() / (double) MIB);
    }

    /** Waits until the origin has sent nothing for a while, and says how much that was since the last time. */
    private long settled() throws InterruptedException {
        long all = 0;
        long more;
        do {
            // Twice the longest round trip of a script that everybody meets.
            Thread.sleep(plan.size() == Plan.Size.TRIAL ? 50 : 500);
            more = origin.sent();
            all += more;
        } while (more > 0);
        return all;
    }

    /** As a player does: asks for everything from there on, and leaves when it has enough. */
    private void read(URI film, long from, int bytes, Films.Run run) throws IOException, InterruptedException {
        run.from(from);
        HttpRequest request = HttpRequest.newBuilder(film)
                .header("Range", "bytes=" + from + '-')
                .build();
        HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = answer.body()) {
            if (answer.statusCode() != 206) {
                throw new Lost(film + " answered " + answer.statusCode());
            }
            byte[] some = new byte[BUFFER];
            for (int left = bytes; left > 0; ) {
                int n = in.read(some, 0, Math.min(left, BUFFER));
                if (n < 0) {
                    throw new Lost(film + " ended " + left + " bytes early");
                }
                run.take(java.util.Arrays.copyOf(some, n));
                left -= n;
            }
        }
    }

    /** Each server serves its first crowd, then more until it gets no faster, and then they serve crowds by turns. */
    private void crowds(List<FilmServer> servers) throws Exception {
        int players = plan.size() == Plan.Size.TRIAL ? 5 : PLAYERS;
        Map<FilmServer, Double> first = new LinkedHashMap<>();
        for (FilmServer server : servers) {
            report.progress(players + " players, " + server.title() + ", to warm up");
            first.put(server, rate(players, crowd(server, players)));
            plan.settle(() -> crowd(server, players));
        }
        long _ = settled();
        Map<FilmServer, Samples> rates = new LinkedHashMap<>();
        Map<FilmServer, Samples> sent = new LinkedHashMap<>();
        for (int i = 0; i < plan.times(CROWDS * Math.min(plan.rounds(), 3)); i++) {
            report.progress(players + " players, crowd " + (i + 1));
            for (FilmServer server : servers) {
                rates.computeIfAbsent(server, key -> new Samples()).add(rate(players, crowd(server, players)));
                sent.computeIfAbsent(server, key -> new Samples()).add(settled() / (double) MIB);
            }
        }
        for (FilmServer server : servers) {
            Samples rate = rates.getOrDefault(server, new Samples());
            Row row = Row.of(players + " × 4 MiB, 50 ms away", server.title())
                    .number("MiB/s", rate.median())
                    .percent("spread", rate.spread())
                    .number("of its first", first.getOrDefault(server, Double.NaN))
                    .number(
                            "origin MiB",
                            sent.getOrDefault(server, new Samples()).median());
            Long before = idle.get(server);
            if (before != null) {
                row.number("idle memory MiB", before / (double) MIB);
            }
            server.peakMemory().ifPresent(peak -> row.number("peak memory MiB", peak / (double) MIB));
            report.add(CROWD, row);
        }
        report.print(CROWD);
    }

    private static double rate(int players, long nanos) {
        return players * CROWD_MIB / (nanos / 1e9);
    }

    /** How many nanoseconds a crowd took, for films that this server has not seen. */
    private long crowd(FilmServer server, int players) throws Exception {
        origin.follow(Script.latency(Script.Law.FIXED, Duration.ofMillis(50), plan.seed()));
        int bytes = CROWD_MIB * MIB;
        CountDownLatch there = new CountDownLatch(players);
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < players; i++) {
                URI film = server.film(server.unseen());
                Callable<?> player = () -> {
                    try {
                        read(film, 0, bytes, new Films.Run(there));
                    } catch (IOException | RuntimeException failed) {
                        while (there.getCount() > 0) {
                            there.countDown(); // or the others would wait for this one
                        }
                        throw failed;
                    }
                    return film;
                };
                all.add(threads.submit(player));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        return System.nanoTime() - start;
    }

    // ---- a folder's file

    private void local(Path folder) throws Exception {
        Path films = Files.createDirectory(folder.resolve("films"));
        int bytes = Math.max(2, plan.load(256)) * MIB;
        try (OutputStream out = Files.newOutputStream(films.resolve("film"))) {
            for (int at = 0; at < bytes; at += MIB) {
                out.write(Origin.bytes(at, MIB));
            }
        }
        List<FilmServer> servers = new ArrayList<>();
        try {
            Path own = Files.createDirectory(folder.resolve("millrace-folder"));
            servers.add(FilmServer.millrace(own, "{type: directory, path: \"" + films + "\"}", 0));
            FilmServer.nginxFolder(Files.createDirectory(folder.resolve("nginx-folder")), films)
                    .ifPresentOrElse(servers::add, () -> missing("nginx"));
            for (FilmServer server : servers) {
                plan.settle(() -> (long) (1e9 / drain(server.film("film"), bytes)));
            }
            for (int connections : new int[] {1, SEVERAL}) {
                drainAll(servers, connections, bytes);
            }
            report.print(LOCAL);
        } finally {
            for (FilmServer server : servers) {
                server.close();
            }
        }
    }

    private void drainAll(List<FilmServer> servers, int connections, int bytes) throws Exception {
        List<Samples> all = servers.stream().map(server -> new Samples()).toList();
        Samples ratio = new Samples();
        for (int round = 0; round < plan.times(20); round++) {
            double[] rates = new double[servers.size()];
            for (int i = 0; i < rates.length; i++) {
                rates[i] = drain(servers.get(i).film("film"), bytes, connections);
                all.get(i).add(rates[i]);
            }
            // Pair by pair, since the machine is not equally quick all the time.
            ratio.add(rates[0] / rates[rates.length - 1]);
        }
        String scenario = bytes / MIB + " MiB over " + (connections == 1 ? "one connection" : connections + " at once");
        for (int i = 0; i < all.size(); i++) {
            Row row = Row.of(scenario, servers.get(i).title())
                    .number("MiB/s", all.get(i).median())
                    .percent("spread", all.get(i).spread());
            if (servers.get(i).isOurs() && servers.size() > 1) {
                row.percent("of nginx, in pairs", ratio.median()).target("≥ 0.9 × nginx", ratio.median() >= OF_NGINX);
            }
            report.add(LOCAL, row);
        }
    }

    /** MiB per second, by so many readers that do nothing else, each of whom wants all of it. */
    private static double drain(URI film, long bytes, int connections) throws Exception {
        if (connections == 1) {
            return drain(film, bytes);
        }
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Double>> all = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                all.add(threads.submit(() -> drain(film, bytes)));
            }
            for (Future<Double> each : all) {
                double _ = each.get();
            }
        }
        return connections * bytes / (double) MIB / ((System.nanoTime() - start) / 1e9);
    }

    /** MiB per second, by a reader that does nothing else. */
    private static double drain(URI film, long bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), film.getPort())) {
            long start = System.nanoTime();
            socket.getOutputStream()
                    .write(("GET " + film.getPath() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] buffer = new byte[256 << 10];
            long all = 0;
            for (int n; (n = socket.getInputStream().read(buffer)) >= 0; ) {
                all += n;
            }
            if (all < bytes) {
                throw new Lost(film + " ended after " + all + " of " + bytes + " bytes");
            }
            return bytes / (double) MIB / ((System.nanoTime() - start) / 1e9);
        }
    }
}
