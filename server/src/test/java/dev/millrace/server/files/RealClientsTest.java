package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Programs that people read files with: what they get is what the file is, whether it is here or somewhere else. A film is
 * a minute of noise, so that it is large for its length; its index is at its beginning ({@code fast}) or its end
 * ({@code tail}).
 */
class RealClientsTest {
    private static final int MIB = 1 << 20;
    private static final int SECONDS = 60;
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    static Path films;

    @TempDir
    Path folder;

    private CountingOrigin origin;
    private FileHouse house;
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        origin = new CountingOrigin(films);
        house = new FileHouse(
                Map.of(
                        "local", new FileSourceConfig.Directory(films),
                        "remote", new FileSourceConfig.Http(origin.base(), Map.of())),
                FileOptions.DEFAULT,
                folder.resolve("data"),
                Identity.local(),
                null);
        Router router = new Router();
        house.register(router);
        server = HttpServer.builder(router).build();
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ZERO);
        house.close();
        origin.close();
    }

    private String url(String source, String name) {
        return server.uri().resolve("/files/" + source + '/' + name).toString();
    }

    /** A file of noise, made once. */
    private static Path noise() throws Exception {
        Path noise = films.resolve("noise.bin");
        if (!Files.exists(noise)) {
            byte[] bytes = new byte[MIB];
            Random random = new Random(61);
            try (OutputStream out = Files.newOutputStream(noise)) {
                for (int i = 0; i < 32; i++) {
                    random.nextBytes(bytes);
                    out.write(bytes);
                }
                out.write(bytes, 0, 12_345);
            }
        }
        return noise;
    }

    /** A film of some 30 MiB, made once; without {@code ffmpeg} the test is skipped. */
    private static Path film(String layout) throws Exception {
        Path film = films.resolve(layout + ".mp4");
        Path tail = films.resolve("tail.mp4");
        Program ffmpeg = Program.any("ffmpeg");
        if (!Files.exists(tail)) {
            ffmpeg.run(
                    "-v",
                    "error",
                    "-f",
                    "lavfi",
                    "-i",
                    "nullsrc=s=320x180:r=10:d=" + SECONDS + ",geq=random(1)*255:128:128",
                    "-c:v",
                    "libx264",
                    "-preset",
                    "ultrafast",
                    "-qp",
                    "18",
                    "-g",
                    "10",
                    "-pix_fmt",
                    "yuv420p",
                    tail.toString());
        }
        if (!Files.exists(film)) {
            ffmpeg.run("-v", "error", "-i", tail.toString(), "-c", "copy", "-movflags", "+faststart", film.toString());
        }
        assertThat(Files.size(film)).isGreaterThan(16 * MIB);
        return film;
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void curl_goes_on_where_it_was_cut(String source) throws Exception {
        Path noise = noise();
        Path got = folder.resolve("got");
        Files.write(got, Arrays.copyOf(Files.readAllBytes(noise), 10_000_001));
        String status = Program.any("curl")
                .run("-s", "-S", "-C", "-", "-w", "%{http_code}", "-o", got.toString(), url(source, "noise.bin"));
        assertThat(status).isEqualTo("206");
        assertThat(Files.mismatch(got, noise)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void aria2_puts_a_file_together_from_sixteen_connections(String source) throws Exception {
        Path noise = noise();
        Program.any("aria2c")
                .run(
                        "--no-conf",
                        "--quiet",
                        "--async-dns=false",
                        "--file-allocation=none",
                        "-x16",
                        "-s16",
                        "-k1M",
                        "-d",
                        folder.toString(),
                        "-o",
                        "got",
                        url(source, "noise.bin"));
        assertThat(Files.mismatch(folder.resolve("got"), noise)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"local, fast", "local, tail", "remote, fast", "remote, tail"})
    void ffprobe_learns_what_a_film_is_from_a_small_part_of_it(String source, String layout) throws Exception {
        Path film = film(layout);
        String url = url(source, film.getFileName().toString());
        JsonNode found = JSON.readTree(Program.any("ffprobe")
                .run(
                        "-v",
                        "error",
                        "-of",
                        "json",
                        "-show_entries",
                        "format=duration:stream=codec_name,nb_frames",
                        url));
        assertThat(Double.parseDouble(found.at("/format/duration").stringValue()))
                .isEqualTo(SECONDS);
        assertThat(found.at("/streams/0/codec_name").stringValue()).isEqualTo("h264");
        assertThat(found.at("/streams/0/nb_frames").stringValue()).isEqualTo("" + 10 * SECONDS);
        assertThat(origin.sent()).isLessThan(Files.size(film) / 2);
    }

    @ParameterizedTest
    @CsvSource({"local, fast", "local, tail", "remote, fast", "remote, tail"})
    void ffmpeg_seeks_to_the_very_frame(String source, String layout) throws Exception {
        Path film = film(layout);
        Program ffmpeg = Program.any("ffmpeg");
        String there = frames(ffmpeg, film.toString());
        assertThat(there.lines().filter(line -> !line.startsWith("#"))).hasSize(3);
        assertThat(frames(ffmpeg, url(source, film.getFileName().toString()))).isEqualTo(there);
    }

    /** Checksums of three frames from the 42nd second. */
    private static String frames(Program ffmpeg, String input) throws Exception {
        return ffmpeg.run("-v", "error", "-ss", "41.7", "-i", input, "-frames:v", "3", "-f", "framemd5", "-");
    }

    @ParameterizedTest
    @CsvSource({"local, fast", "local, tail", "remote, fast", "remote, tail"})
    void chromium_plays_a_film_at_its_link_and_seeks_in_it(String source, String layout) throws Exception {
        Path film = film(layout);
        String link = link(source + '/' + film.getFileName());
        try (Chromium browser = new Chromium(folder.resolve("profile"))) {
            browser.go(link);
            JsonNode begun = browser.evaluate(awaitFrame("0"));
            assertThat(begun.get("duration").doubleValue()).isEqualTo(SECONDS);
            assertThat(begun.get("width").intValue()).isEqualTo(320);
            assertThat(begun.get("time").doubleValue()).isLessThan(40);
            JsonNode later = browser.evaluate("document.querySelector('video').currentTime = 45; " + awaitFrame("45"));
            assertThat(later.get("time").doubleValue()).isBetween(45.0, (double) SECONDS);
            JsonNode back = browser.evaluate("document.querySelector('video').currentTime = 5; " + awaitFrame("5"));
            assertThat(back.get("time").doubleValue()).isBetween(5.0, 40.0);
        }
    }

    /** Waits until the page's film plays, half a second on from there; fails with what the player says went wrong. */
    private static String awaitFrame(String from) {
        return """
                new Promise((resolve, reject) => {
                    const look = () => {
                        const video = document.querySelector('video');
                        if (video?.error) {
                            reject(new Error(video.error.message));
                        } else if (video && !video.seeking && video.readyState >= 3
                                && video.currentTime >= FROM + 0.5 && video.currentTime < FROM + 15
                                && video.getVideoPlaybackQuality().totalVideoFrames > 0) {
                            resolve({time: video.currentTime, duration: video.duration, width: video.videoWidth});
                        } else {
                            setTimeout(look, 20);
                        }
                    };
                    look();
                })""".replace("FROM", from);
    }

    @Test
    void a_page_in_chromium_reads_the_very_bytes() throws Exception {
        Path noise = noise();
        String link = link("remote/noise.bin");
        byte[] expected = Arrays.copyOfRange(Files.readAllBytes(noise), 20_000_000, 29_000_000);
        try (Chromium browser = new Chromium(folder.resolve("profile"))) {
            browser.go(server.uri().resolve("/files/local/none").toString());
            JsonNode sum = browser.evaluate("""
                    fetch('LINK', {headers: {Range: 'bytes=20000000-28999999'}})
                        .then(answer => answer.arrayBuffer())
                        .then(bytes => Array.from(new Uint8Array(bytes)).reduce((sum, b) => (sum * 31 + b) | 0, 1))
                    """.replace("LINK", link));
            assertThat(sum.intValue()).isEqualTo(javaSum(expected));
        }
    }

    private static int javaSum(byte[] bytes) {
        long sum = 1;
        for (byte b : bytes) {
            sum = (int) (sum * 31 + (b & 0xff));
        }
        return (int) sum;
    }

    private String link(String file) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(server.uri() + "/api/v1/links"))
                            .POST(HttpRequest.BodyPublishers.ofString("{\"file\":\"" + file + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(201);
            return JSON.readTree(answer.body()).get("url").stringValue();
        }
    }
}
