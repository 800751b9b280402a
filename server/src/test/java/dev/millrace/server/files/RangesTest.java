package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.files.BlockCache;
import dev.millrace.files.CachedSource;
import dev.millrace.files.DirectorySource;
import dev.millrace.files.HttpOrigin;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of random ranges through the whole server, many at a time, from an origin of which one answer in 25 is bad. */
class RangesTest {
    private static final int CLIENTS = 16;
    private static final int EACH = 125;

    @TempDir
    Path folder;

    @Test
    void the_sum_of_each_of_two_thousand_random_ranges_is_that_of_its_slice() throws Exception {
        byte[] content = new byte[12_345_678];
        new Random(81).nextBytes(content);
        Files.write(folder.resolve("film.mp4"), content);
        Random fates = new Random(82);
        Router router = new Router();
        try (CountingOrigin origin = new CountingOrigin(folder);
                // Too small for the file, so that its units come and go.
                BlockCache cache = BlockCache.inFolder(2 << 20, folder.resolve("kept"), 4 << 20);
                FilesEndpoint files = new FilesEndpoint(Map.of(
                                "local",
                                new DirectorySource(folder),
                                "remote",
                                new CachedSource(
                                        "remote",
                                        HttpOrigin.at(origin.base())
                                                .retries(20, Duration.ofMillis(1), Duration.ofMillis(10))
                                                .build(),
                                        cache,
                                        Duration.ofMinutes(1))))
                        .register(router);
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            origin.follow(() -> {
                synchronized (fates) {
                    return fates.nextInt(100);
                }
            });
            HttpServer server = HttpServer.builder(router).build();
            server.start();
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Integer>> done = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    done.add(clients.submit(ranges(client, server.uri(), content, new Random(83 + i))));
                }
                for (Future<Integer> each : done) {
                    assertThat(each.get(3, TimeUnit.MINUTES)).isEqualTo(EACH);
                }
            } finally {
                server.stop(Duration.ZERO);
            }
        }
    }

    private static Callable<Integer> ranges(HttpClient client, URI server, byte[] content, Random random) {
        return () -> {
            int right = 0;
            for (int i = 0; i < EACH; i++) {
                int first = random.nextInt(content.length);
                int last = Math.min(content.length - 1, first + random.nextInt(1 << random.nextInt(4, 20)));
                String source = random.nextInt(5) == 0 ? "local" : "remote";
                HttpResponse<byte[]> answer = client.send(
                        HttpRequest.newBuilder(server.resolve("/files/" + source + "/film.mp4"))
                                .header("Range", "bytes=" + first + '-' + last)
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                assertThat(answer.statusCode()).isEqualTo(206);
                assertThat(sha256(answer.body()))
                        .as("%s, %d to %d", source, first, last)
                        .isEqualTo(sha256(Arrays.copyOfRange(content, first, last + 1)));
                right++;
            }
            return right;
        };
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
