package dev.millrace.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.load.Answers;
import dev.millrace.bench.load.Crowd;
import dev.millrace.bench.load.Reading;
import dev.millrace.bench.load.Requests;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** Sends and streams over JSON-RPC: ours beside a2a-python's and a2a-rust's servers, where they are installed. */
public final class Peers implements Experiment {
    private static final String TABLE = "a2a: servers side by side";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** So many words make a stream of about 502 events. */
    private static final int LONG = 499;

    private static final int MEGABYTE = 1_000_000;

    /** Measures one thing once; gives nanoseconds. */
    private interface Measure {
        long of(Peer peer) throws Exception;
    }

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Override
    public void run(Plan plan, Report report) throws Exception {
        List<Peer.Kind> kinds = Peer.kinds();
        if (kinds.size() < 4) {
            report.progress("for all peers: interop/install python; interop/build-a2a-rust");
        }
        coldStarts(plan, report, kinds);
        var peers = new ArrayList<Peer>();
        try {
            for (Peer.Kind kind : kinds) {
                Peer peer = kind.start().call();
                peers.add(peer);
                awaitAnswer(peer);
            }
            for (Peer peer : peers) {
                plan.warmUp(() -> {
                    send(peer, "warm");
                    streams(peer, 1, 1);
                });
            }
            String big = "x".repeat(MEGABYTE);
            measure(plan, report, peers, "send", 500, peer -> send(peer, "hello"));
            measure(plan, report, peers, "4-event stream", 500, peer -> streams(peer, 1, 1));
            measure(plan, report, counting(peers), "502-event stream", 50, peer -> streams(peer, 1, LONG));
            measure(plan, report, peers, "64 streams at once", 20, peer -> streams(peer, 64, 1));
            measure(plan, report, peers, "1 MB there and back", 20, peer -> send(peer, big));
            int stored = plan.times(20_000);
            for (Peer peer : peers) {
                report.progress(stored + " tasks into " + peer.name());
                for (int i = 0; i < stored; i++) {
                    send(peer, "stored");
                }
            }
            String full = String.format(java.util.Locale.ROOT, ", %,d tasks more", stored);
            measure(plan, report, peers, "send" + full, 500, peer -> send(peer, "hello"));
            measure(plan, report, peers, "4-event stream" + full, 500, peer -> streams(peer, 1, 1));
        } finally {
            for (Peer peer : peers) {
                peer.close();
            }
        }
        report.print(TABLE);
    }

    private static List<Peer> counting(List<Peer> peers) {
        return peers.stream().filter(Peer::counts).toList();
    }

    private static void measure(Plan plan, Report report, List<Peer> peers, String what, int times, Measure measure)
            throws Exception {
        Map<Peer, Samples> samples = new LinkedHashMap<>();
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress(what + ", round " + round);
            for (Peer peer : peers) {
                for (int i = 0; i < plan.times(times); i++) {
                    samples.computeIfAbsent(peer, _ -> new Samples()).add((double) measure.of(peer));
                }
            }
        }
        samples.forEach(
                (peer, of) -> report.add(TABLE, Row.of(what, peer.name()).millis("one", of)));
    }

    /** From the start of the process to the end of the first answer. */
    private void coldStarts(Plan plan, Report report, List<Peer.Kind> kinds) throws Exception {
        for (Peer.Kind kind : kinds) {
            report.progress("cold start of " + kind.name());
            var samples = new Samples();
            for (int i = 0; i < plan.times(5); i++) {
                long began = System.nanoTime();
                try (Peer peer = kind.start().call()) {
                    awaitAnswer(peer);
                    samples.add((double) (System.nanoTime() - began));
                }
            }
            report.add(TABLE, Row.of("cold start to first answer", kind.name()).millis("one", samples));
        }
    }

    private void awaitAnswer(Peer peer) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                send(peer, "first");
                return;
            } catch (IOException notThereYet) {
                if (System.nanoTime() > deadline) {
                    throw notThereYet;
                }
                Thread.sleep(2);
            }
        }
    }

    /** Sends a text and checks that the completed task holds it. */
    private long send(Peer peer, String text) throws IOException, InterruptedException {
        String body =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendMessage\",\"params\":{\"message\":{\"messageId\":\""
                        + UUID.randomUUID() + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"" + text + "\"}]}}}";
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + peer.port() + peer.path()))
                .header("Content-Type", "application/json")
                .header("A2A-Version", "1.0")
                .timeout(LIMIT)
                .POST(BodyPublishers.ofString(body))
                .build();
        long began = System.nanoTime();
        HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
        long took = System.nanoTime() - began;
        Task task =
                A2aJson.TASK.read(JsonText.parse(response.body()).path("result").path("task"), "result.task");
        requireEcho(peer, task, text);
        return took;
    }

    /** Opens so many streams at once and reads them to their ends; checks every event of each. */
    private static long streams(Peer peer, int count, int words) throws IOException {
        try (var crowd = new Crowd(peer.port())) {
            var readings = new ArrayList<Reading>(count);
            for (int i = 0; i < count; i++) {
                readings.add(crowd.connect(Requests.stream(peer.path(), words), true));
            }
            long began = System.nanoTime();
            crowd.send(readings);
            crowd.readToEnd(readings, LIMIT);
            long took = System.nanoTime() - began;
            for (Reading reading : readings) {
                reading.requireCompleted();
                if (peer.counts()) {
                    Answers.require(reading.payloads(), words);
                } else {
                    requireEcho(
                            peer,
                            TaskFold.fold(reading.payloads().stream()
                                    .map(Answers::event)
                                    .toList()),
                            "count");
                }
            }
            return took;
        }
    }

    private static void requireEcho(Peer peer, Task task, String text) {
        String said = task.artifacts().stream().map(Artifact::text).collect(Collectors.joining());
        if (task.status().state() != TaskState.COMPLETED || !said.strip().endsWith(text)) {
            byte[] begin = said.substring(0, Math.min(80, said.length())).getBytes(UTF_8);
            throw new Lost(
                    peer.name() + " answered " + task.status().state() + " and \"" + new String(begin, UTF_8) + "\"");
        }
    }
}
