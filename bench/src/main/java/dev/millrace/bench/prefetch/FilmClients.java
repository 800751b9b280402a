package dev.millrace.bench.prefetch;

import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.files.Block;
import dev.millrace.files.HttpOrigin;
import dev.millrace.files.SourceFile;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;

/**
 * What it costs to bring blocks here from an origin that is as quick as it can be: a source of files, whose client blocks the
 * thread that wants the bytes, beside the JDK's client, which brings them by threads of its own. Both write into the
 * caller's direct buffer. The processor time is the whole process's, the origin's share with it.
 */
final class FilmClients {
    static final String TITLE = "films: blocks of 1 MiB, 16 at a time, by client";
    private static final int MIB = 1 << 20;
    private static final int AT_ONCE = 16;

    @FunctionalInterface
    private interface Client {
        void fetch(Block block, ByteBuffer into) throws Exception;
    }

    private FilmClients() {}

    static void run(Plan plan, Report report, Origin origin) throws Exception {
        origin.follow(Script.none());
        int blocks = plan.load(512);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                HttpClient jdk = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .executor(threads)
                        .build();
                HttpOrigin source = HttpOrigin.at(origin.base()).build();
                SourceFile film = source.open("film")) {
            Map<String, Client> clients = new LinkedHashMap<>();
            clients.put("a source of files", film::fetch);
            clients.put("the JDK's client", (block, into) -> byJdk(jdk, origin, block, into));
            Map<String, Samples> rates = new LinkedHashMap<>();
            Map<String, Samples> processor = new LinkedHashMap<>();
            for (int round = 0; round <= plan.times(5); round++) {
                for (var each : clients.entrySet()) {
                    long cpu = cpuNanos();
                    long start = System.nanoTime();
                    all(each.getValue(), blocks);
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double gib = blocks / 1024.0;
                    if (round > 0) { // the first is for the JIT
                        rates.computeIfAbsent(each.getKey(), k -> new Samples()).add(blocks / seconds);
                        processor
                                .computeIfAbsent(each.getKey(), k -> new Samples())
                                .add((cpuNanos() - cpu) / 1e9 / gib);
                    }
                }
            }
            rates.forEach((name, rate) -> report.add(
                    TITLE,
                    Row.of(blocks + " blocks", name)
                            .number("MiB/s", rate.median())
                            .percent("spread", rate.spread())
                            .number(
                                    "processor s/GiB",
                                    processor.getOrDefault(name, rate).median())));
        }
        report.print(TITLE);
    }

    private static void all(Client client, int blocks) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> lanes = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                int lane = i;
                Callable<?> work = () -> {
                    ByteBuffer into = ByteBuffer.allocateDirect(MIB);
                    for (long block = lane; block < blocks; block += AT_ONCE) {
                        client.fetch(new Block(block * MIB, MIB), into.clear());
                        if (into.position() != MIB) {
                            throw new Lost("a block has " + into.position() + " bytes");
                        }
                    }
                    return lane;
                };
                lanes.add(threads.submit(work));
            }
            for (Future<?> lane : lanes) {
                lane.get();
            }
        }
    }

    private static void byJdk(HttpClient client, Origin origin, Block block, ByteBuffer into) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(origin.uri())
                .header("Range", "bytes=" + block.offset() + '-' + (block.end() - 1))
                .build();
        var _ = client.send(
                request,
                head -> HttpResponse.BodySubscribers.fromSubscriber(new Flow.Subscriber<List<ByteBuffer>>() {
                    @Override
                    public void onSubscribe(Flow.Subscription subscription) {
                        subscription.request(Long.MAX_VALUE);
                    }

                    @Override
                    public void onNext(List<ByteBuffer> bytes) {
                        bytes.forEach(into::put);
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onComplete() {}
                }));
    }

    private static long cpuNanos() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime()
                : 0;
    }
}
