package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.files.CountingOrigin;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that keeps a remote file in its cache's folder is killed while it writes there, again and again. What readers
 * got before and get after is right, and what was whole in the folder need not be fetched again.
 */
class FilesKillTest {
    private static final int ROUNDS = Integer.getInteger("millrace.kill.rounds", 6);
    private static final int READERS = 4;
    private static final int UNIT = 64 << 10;

    @TempDir
    Path folder;

    private final byte[] film = new byte[24 << 20];

    @Test
    void a_server_that_is_killed_while_it_writes_its_cache_never_serves_a_wrong_byte() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        random.nextBytes(film);
        Path there = Files.createDirectory(folder.resolve("there"));
        Files.write(there.resolve("film.mp4"), film);
        try (CountingOrigin origin = new CountingOrigin(there)) {
            Files.writeString(folder.resolve("millrace.yaml"), """
                    files:
                      sources: {films: {type: http, base: "%s"}}
                      cache: {memory: 1MiB, disk: 100MiB, folder: kept}
                    """.formatted(origin.base()));
            for (int round = 1; round <= ROUNDS; round++) {
                try (ServerProcess server = serve()) {
                    assertThat(unfinished())
                            .as("seed %d, round %d", seed, round)
                            .isEmpty();
                    readUntilKilled(server, random);
                }
            }
            try (ServerProcess server = serve()) {
                long kept = units() * UNIT;
                long _ = origin.sent();
                assertThat(get(server, 0, film.length - 1)).isEqualTo(film);
                assertThat(kept).as("seed %d", seed).isPositive();
                // What a fetch brings beyond what was missing is at most a unit for each block.
                assertThat(origin.sent()).as("seed %d", seed).isLessThan(film.length - kept / 2);
            }
        }
    }

    private ServerProcess serve() throws Exception {
        return ServerProcess.serve(folder, "--memory", "--config", "millrace.yaml");
    }

    /** Reads from random places, kills after a random number of bytes, and checks all that came. */
    private void readUntilKilled(ServerProcess server, Random random) throws Exception {
        CountDownLatch moment = new CountDownLatch(4 + random.nextInt(40));
        List<Thread> readers = new ArrayList<>();
        List<String> wrong = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < READERS; i++) {
            int from = random.nextInt(film.length / 2);
            URI uri = server.uri("/files/films/film.mp4");
            readers.add(Thread.ofVirtual().start(() -> {
                try (InputStream in = Web.CLIENT
                        .send(ranged(uri, from, film.length - 1), HttpResponse.BodyHandlers.ofInputStream())
                        .body()) {
                    byte[] some = new byte[UNIT];
                    int at = from;
                    for (int n; (n = in.readNBytes(some, 0, UNIT)) > 0; at += n) {
                        if (!Arrays.equals(some, 0, n, film, at, at + n)) {
                            wrong.add("at " + at);
                        }
                        moment.countDown();
                    }
                } catch (IOException killed) {
                    // That is what happens to it.
                } catch (InterruptedException e) {
                    wrong.add("interrupted");
                }
            }));
        }
        assertThat(moment.await(60, TimeUnit.SECONDS)).isTrue();
        server.kill();
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(wrong).isEmpty();
    }

    private byte[] get(ServerProcess server, int first, int last) throws Exception {
        HttpResponse<byte[]> response = Web.CLIENT.send(
                ranged(server.uri("/files/films/film.mp4"), first, last), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(206);
        return response.body();
    }

    private static HttpRequest ranged(URI uri, int first, int last) {
        return HttpRequest.newBuilder(uri)
                .header("Range", "bytes=" + first + '-' + last)
                .build();
    }

    private List<Path> unfinished() throws IOException {
        return kept().stream().filter(path -> path.toString().endsWith(".part")).toList();
    }

    private long units() throws IOException {
        return kept().size();
    }

    private List<Path> kept() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("kept"))) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
