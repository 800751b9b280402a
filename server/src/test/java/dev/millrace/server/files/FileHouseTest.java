package dev.millrace.server.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.store.RevocationStore;
import dev.millrace.engine.store.SecretStore;
import dev.millrace.engine.store.memory.MemoryFileRegister;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.server.metrics.Metrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Links, uploads and what a browser needs, over real sockets. The header {@code Who} says who asks. */
class FileHouseTest {
    private static final byte[] FILM = random(3_000_000);
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private HttpServer server;
    private FileHouse house;
    private FileOptions options = FileOptions.DEFAULT;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(folder.resolve("films/sub"));
        Files.write(folder.resolve("films/sub/Ein Film.mp4"), FILM);
        Files.writeString(folder.resolve("films/page.html"), "<script>1</script>");
        Files.write(folder.resolve("films/doc.pdf"), random(100));
        open();
    }

    private void open() throws Exception {
        Identity identity = exchange -> exchange.header("Who").orElse("local");
        house = new FileHouse(
                Map.of("films", new FileSourceConfig.Directory(folder.resolve("films"))),
                options,
                folder.resolve("data"),
                identity,
                null);
        Router router = new Router();
        house.register(router);
        server = HttpServer.builder(router).build();
        server.start();
    }

    private void shut() {
        server.stop(Duration.ZERO);
        house.close();
    }

    private void reopen(FileOptions with) throws Exception {
        shut();
        options = with;
        open();
    }

    private static FileOptions options(
            Set<String> origins, boolean linksOnly, LinkKeys keys, long bytes, Set<String> types) {
        FileOptions d = FileOptions.DEFAULT;
        return new FileOptions(
                d.pipeline(),
                d.cacheMemory(),
                null,
                d.cacheDisk(),
                d.lookups(),
                origins,
                linksOnly,
                keys,
                bytes,
                types,
                null,
                null,
                d.uploadLife());
    }

    @AfterEach
    void stop() {
        shut();
        client.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(12).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers) throws Exception {
        URI uri = path.startsWith("http") ? URI.create(path) : URI.create("http://127.0.0.1:" + server.port() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        return send("GET", path, null, headers);
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    private String link(String file) throws Exception {
        HttpResponse<byte[]> answer =
                send("POST", "/api/v1/links", ("{\"file\":\"" + file + "\"}").getBytes(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).isEqualTo(201);
        return json(answer).get("url").stringValue();
    }

    private static HttpResponse<byte[]> is(int status, HttpResponse<byte[]> response) {
        assertThat(response.statusCode())
                .as(() -> response.request() + ": " + new String(response.body(), StandardCharsets.UTF_8))
                .isEqualTo(status);
        return response;
    }

    // ---- links

    @Test
    void a_link_opens_its_file_with_ranges_and_nothing_else() throws Exception {
        reopen(options(Set.of(), true, null, 1000, Set.of("*")));
        String link = link("films/sub/Ein Film.mp4");
        assertThat(link).contains("/files/films/sub/Ein%20Film.mp4?exp=");
        assertThat(is(200, get(link)).body()).isEqualTo(FILM);
        assertThat(is(206, get(link, "Range", "bytes=1000-1999")).body())
                .isEqualTo(Arrays.copyOfRange(FILM, 1000, 2000));
        String query = link.substring(link.indexOf('?'));
        is(404, get("/files/films/sub/Ein%20Film.mp4"));
        is(404, get("/files/films/page.html" + query));
        assertThat(header(get(link + "&d=true"), "Content-Disposition"))
                .isEqualTo("attachment; filename=\"Ein Film.mp4\"");
    }

    @Test
    void every_bad_link_gets_the_same_answer() throws Exception {
        String link = link("films/sub/Ein Film.mp4");
        Set<String> answers = new HashSet<>();
        List<String> bad = List.of(
                link.substring(0, link.length() - 1),
                link + "A",
                link.replaceFirst("sig=.", "sig=~"),
                link.replaceFirst("exp=\\d", "exp=9"),
                link.replaceFirst("exp=\\d+", "exp=1"),
                link.replaceFirst("exp=\\d+&", ""),
                link.replaceFirst("&sig=.*", ""),
                link.replaceFirst("kid=[^&]*", "kid=other"),
                link.replaceFirst("kid=[^&]*", "kid="),
                link.replace("Ein", "Kein"),
                link.replace("/films/", "/nothing/"));
        for (String one : bad) {
            answers.add(new String(is(404, get(one)).body(), StandardCharsets.UTF_8));
        }
        assertThat(answers).hasSize(1);
        is(200, get(link));
    }

    @Test
    void who_tries_too_many_bad_links_has_to_wait() throws Exception {
        String link = link("films/page.html");
        for (int i = 0; i < 20; i++) {
            is(404, get("/files/films/page.html?exp=1&kid=x&sig=" + i));
        }
        HttpResponse<byte[]> refused = is(429, get(link));
        assertThat(Integer.parseInt(header(refused, "Retry-After"))).isBetween(1, 60);
        is(200, get("/files/films/page.html"));
    }

    @Test
    void a_revoked_link_is_bad_also_after_a_restart_and_the_others_stay_good() throws Exception {
        String link = link("films/page.html");
        String other = link("films/doc.pdf");
        byte[] body = ("{\"url\":\"" + link + "\"}").getBytes(StandardCharsets.UTF_8);
        is(204, send("POST", "/api/v1/links/revoke", body));
        is(404, get(link));
        is(200, get(other));
        is(400, send("POST", "/api/v1/links/revoke", body));
        reopen(options);
        is(404, get(link.replaceFirst("http://[^/]*", "")));
        is(200, get(other.replaceFirst("http://[^/]*", "")));
    }

    @Test
    void keys_rotate_and_a_key_that_is_removed_ends_its_links() throws Exception {
        LinkKeys first = LinkKeys.of(Map.of("a", "0123456789abcdef"));
        LinkKeys both = new LinkKeys("b", Map.of("a", first.secrets().get("a"), "b", random(32)));
        reopen(options(Set.of(), false, first, 1000, Set.of("*")));
        String old = link("films/doc.pdf").replaceFirst("http://[^/]*", "");
        reopen(options(Set.of(), false, both, 1000, Set.of("*")));
        is(200, get(old));
        assertThat(link("films/doc.pdf")).contains("kid=b");
        reopen(options(Set.of(), false, new LinkKeys("b", Map.of("b", random(32))), 1000, Set.of("*")));
        is(404, get(old));
    }

    @Test
    void the_key_is_made_once_and_nobody_else_may_read_it() throws Exception {
        Path key = folder.resolve("data/link-key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(key).strip()).hasSize(64);
    }

    @Test
    void a_good_link_to_a_file_that_was_removed_says_so() throws Exception {
        String link = link("films/page.html");
        Files.delete(folder.resolve("films/page.html"));
        is(410, get(link));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"file\":7}",
                "nonsense",
                "{\"file\":\"films/x\",\"expiresIn\":0}",
                "{\"file\":\"films/x\",\"expiresIn\":\"7d\"}",
                "{\"file\":\"films/x\",\"expiresIn\":99999999999}"
            })
    void a_request_for_a_link_that_is_none_is_refused(String body) throws Exception {
        is(400, send("POST", "/api/v1/links", body.getBytes(StandardCharsets.UTF_8)));
    }

    // ---- browsers

    @Test
    void a_browser_that_goes_to_a_link_gets_a_page_that_plays_it_and_its_player_the_film() throws Exception {
        String link = link("films/sub/Ein Film.mp4");
        HttpResponse<byte[]> page = is(200, get(link, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));
        assertThat(header(page, "Content-Type")).startsWith("text/html");
        assertThat(header(page, "Content-Security-Policy")).contains("default-src 'none'");
        String html = new String(page.body(), StandardCharsets.UTF_8);
        assertThat(html)
                .contains("<video")
                .contains("Ein Film.mp4")
                .contains("2.9 MiB")
                .contains("d=true");
        assertThat(is(206, get(link, "Accept", "*/*", "Range", "bytes=0-")).body())
                .isEqualTo(FILM);
        assertThat(header(get("/files/films/sub/Ein%20Film.mp4", "Accept", "text/html"), "Content-Type"))
                .isEqualTo("video/mp4");
        assertThat(header(get(link("films/page.html"), "Accept", "text/html"), "Content-Disposition"))
                .startsWith("attachment");
    }

    @Test
    void pages_of_other_origins_read_links_and_what_the_operator_allows() throws Exception {
        reopen(options(Set.of("https://app.example"), false, null, 1000, Set.of("*")));
        String path = "/files/films/doc.pdf";
        HttpResponse<byte[]> allowed = get(path, "Origin", "https://app.example");
        assertThat(header(allowed, "Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(header(allowed, "Access-Control-Expose-Headers"))
                .contains("Content-Range")
                .contains("ETag");
        assertThat(header(allowed, "Vary")).isEqualTo("Origin");
        assertThat(header(get(path, "Origin", "https://evil.example"), "Access-Control-Allow-Origin"))
                .isEqualTo("none");
        assertThat(header(get(link("films/doc.pdf"), "Origin", "https://cast.example"), "Access-Control-Allow-Origin"))
                .isEqualTo("*");
        HttpResponse<byte[]> preflight = is(204, send("OPTIONS", path, null, "Origin", "https://app.example"));
        assertThat(header(preflight, "Access-Control-Allow-Headers")).contains("Range");
        assertThat(header(preflight, "Allow")).isEqualTo("GET, HEAD, OPTIONS");
    }

    @Test
    void several_ranges_come_as_parts_and_their_bytes_are_right() throws Exception {
        HttpResponse<byte[]> parts =
                is(206, get("/files/films/sub/Ein%20Film.mp4", "Range", "bytes=0-9,2000000-2000099,-5"));
        String boundary = header(parts, "Content-Type").replaceFirst("multipart/byteranges; boundary=", "");
        String body = new String(parts.body(), StandardCharsets.ISO_8859_1);
        String[] pieces = body.split("--" + boundary, -1);
        assertThat(pieces).hasSize(5);
        assertThat(pieces[2])
                .endsWith("\r\n\r\n"
                        + new String(Arrays.copyOfRange(FILM, 2_000_000, 2_000_100), StandardCharsets.ISO_8859_1)
                        + "\r\n");
        assertThat(pieces[4]).isEqualTo("--\r\n");
        assertThat(header(parts, "Content-Length")).isEqualTo(Integer.toString(parts.body().length));
    }

    // ---- uploads

    @Test
    void a_file_that_is_uploaded_is_served_to_its_owner_and_to_who_has_a_link() throws Exception {
        HttpResponse<byte[]> answer = is(
                201,
                send("POST", "/api/v1/files?name=Mein%20Bild.png", FILM, "Content-Type", "image/png", "Who", "ann"));
        JsonNode about = json(answer);
        assertThat(about.get("sha256").stringValue()).isEqualTo(sha256(FILM));
        assertThat(about.get("size").longValue()).isEqualTo(FILM.length);
        String url = about.get("url").stringValue();
        assertThat(is(200, get(url, "Who", "ann")).body()).isEqualTo(FILM);
        is(404, get(url, "Who", "bob"));
        is(404, get("/api/v1/files/" + about.get("id").stringValue(), "Who", "bob"));
        is(404, send("DELETE", "/api/v1/files/" + about.get("id").stringValue(), null, "Who", "bob"));
        is(404, get(url.replaceFirst("[^/]*$", "about.json"), "Who", "ann"));

        String file = "uploads/" + about.get("id").stringValue() + "/Mein Bild.png";
        byte[] request = ("{\"file\":\"" + file + "\"}").getBytes(StandardCharsets.UTF_8);
        is(404, send("POST", "/api/v1/links", request, "Who", "bob"));
        String link = json(is(201, send("POST", "/api/v1/links", request, "Who", "ann")))
                .get("url")
                .stringValue();
        assertThat(is(200, get(link, "Who", "bob")).body()).isEqualTo(FILM);
        is(204, send("DELETE", "/api/v1/files/" + about.get("id").stringValue(), null, "Who", "ann"));
        is(410, get(link));
    }

    @Test
    void a_form_brings_its_file_byte_for_byte() throws Exception {
        byte[] tricky = "a\r\n--b\r\n--bo\r\n\r\n--bound\r\r\n--boundar\n--boundary".getBytes(StandardCharsets.UTF_8);
        String head = "--boundary\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nhello\r\n--boundary\r\n"
                + "Content-Disposition: form-data; name=\"f\"; filename=\"Über.txt\"\r\nContent-Type: text/plain\r\n\r\n";
        byte[] start = head.getBytes(StandardCharsets.UTF_8);
        byte[] end = "\r\n--boundary--\r\n".getBytes(StandardCharsets.UTF_8);
        byte[] form = Arrays.copyOf(start, start.length + tricky.length + end.length);
        System.arraycopy(tricky, 0, form, start.length, tricky.length);
        System.arraycopy(end, 0, form, start.length + tricky.length, end.length);
        String type = "multipart/form-data; boundary=boundary";
        JsonNode about = json(is(201, send("POST", "/api/v1/files", form, "Content-Type", type)));
        assertThat(about.get("name").stringValue()).isEqualTo("Über.txt");
        assertThat(about.get("mediaType").stringValue()).isEqualTo("text/plain");
        assertThat(is(200, get(about.get("url").stringValue())).body()).isEqualTo(tricky);
        is(400, send("POST", "/api/v1/files", Arrays.copyOf(form, form.length - 10), "Content-Type", type));
        is(400, send("POST", "/api/v1/files", new byte[0], "Content-Type", type));
    }

    @Test
    void too_large_and_unwanted_files_are_refused_and_leave_nothing() throws Exception {
        reopen(options(Set.of(), false, null, 1000, Set.of("image/*")));
        is(413, send("POST", "/api/v1/files?name=a.png", random(1001)));
        is(413, send("POST", "/api/v1/files?name=a.png", random(1_000_000)));
        is(415, send("POST", "/api/v1/files?name=a.exe", random(10)));
        is(201, send("POST", "/api/v1/files?name=a.png", random(1000)));
        try (var uploads = Files.list(folder.resolve("data/uploads"))) {
            assertThat(uploads).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/passwd", "..", ".part", "about.json", "a/b\\c", "", "x\u0000\r\ny"})
    void a_name_cannot_lead_elsewhere(String name) throws IOException {
        assertThat(Uploads.fileName(name))
                .doesNotContain("/", "\\", "\r", "\n")
                .doesNotStartWith(".")
                .isNotEmpty()
                .isNotEqualTo("about.json");
    }

    @Test
    void an_upload_goes_on_where_it_broke_off_also_after_a_restart() throws Exception {
        String name = Base64.getEncoder().encodeToString("film.mp4".getBytes(StandardCharsets.UTF_8));
        HttpResponse<byte[]> created = is(
                201,
                send(
                        "POST",
                        "/api/v1/uploads",
                        new byte[0],
                        "Tus-Resumable",
                        "1.0.0",
                        "Upload-Length",
                        Integer.toString(FILM.length),
                        "Upload-Metadata",
                        "filename " + name + ",lonely"));
        String at = header(created, "Location");
        is(204, patch(at, 0, Arrays.copyOf(FILM, 1_000_000)));
        reopen(options);
        HttpResponse<byte[]> head = is(200, send("HEAD", at, null, "Tus-Resumable", "1.0.0"));
        assertThat(header(head, "Upload-Offset")).isEqualTo("1000000");
        is(409, patch(at, 0, FILM));
        is(409, patch(at, 1_000_001, FILM));
        is(412, send("HEAD", at, null));
        HttpResponse<byte[]> done = is(204, patch(at, 1_000_000, Arrays.copyOfRange(FILM, 1_000_000, FILM.length)));
        assertThat(header(done, "Upload-Offset")).isEqualTo(Integer.toString(FILM.length));
        assertThat(is(200, get(header(done, "Content-Location"))).body()).isEqualTo(FILM);
        is(204, send("DELETE", at, null, "Tus-Resumable", "1.0.0"));
        is(404, send("HEAD", at, null, "Tus-Resumable", "1.0.0"));
    }

    private HttpResponse<byte[]> patch(String at, long offset, byte[] bytes) throws Exception {
        return send(
                "PATCH",
                at,
                bytes,
                "Tus-Resumable",
                "1.0.0",
                "Upload-Offset",
                Long.toString(offset),
                "Content-Type",
                "application/offset+octet-stream");
    }

    // ---- a real client

    @Test
    void curl_goes_on_with_a_download_that_broke_off() throws Exception {
        Path part = folder.resolve("part.mp4");
        Files.write(part, Arrays.copyOf(FILM, 1_234_567));
        Process curl = new ProcessBuilder(
                        "curl", "-sS", "--fail", "-C", "-", "-o", part.toString(), link("films/sub/Ein Film.mp4"))
                .redirectErrorStream(true)
                .start();
        String said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(curl.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(curl.exitValue()).as(said).isZero();
        assertThat(Files.readAllBytes(part)).isEqualTo(FILM);
    }

    // ---- metrics

    @Test
    void metrics_tell_what_the_cache_has_served_and_fetched() throws Exception {
        shut();
        Files.write(folder.resolve("film.mp4"), FILM);
        try (CountingOrigin origin = new CountingOrigin(folder);
                Metrics metrics = new Metrics("memory")) {
            house = new FileHouse(
                    Map.of("far", new FileSourceConfig.Http(origin.base(), Map.of())),
                    options,
                    null,
                    Identity.local(),
                    null);
            Router router = new Router();
            metrics.watch(house);
            metrics.register(router, owner -> true);
            house.register(router);
            server = HttpServer.builder(router).build();
            server.start();
            is(200, get("/files/far/film.mp4"));
            is(200, get("/files/far/film.mp4"));
            String scraped = new String(is(200, get("/metrics")).body(), StandardCharsets.UTF_8);
            assertThat(metric(scraped, "millrace_files_cache_fetched_bytes_total"))
                    .isEqualTo(FILM.length);
            assertThat(metric(scraped, "millrace_files_cache_served_bytes_total"))
                    .isEqualTo(FILM.length);
            assertThat(metric(scraped, "millrace_files_cache_memory_bytes"))
                    .as("buffers of 64 KiB")
                    .isEqualTo((FILM.length + 65_535) / 65_536 * 65_536);
            assertThat(metric(scraped, "millrace_files_cache_disk_bytes")).isZero();
            assertThat(scraped).contains("millrace_files_streams ", "millrace_files_buffers_bytes ");
        }
    }

    private static double metric(String scraped, String name) {
        return scraped.lines()
                .filter(line -> line.startsWith(name + ' '))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " in " + scraped));
    }

    // ---- uploads in a bucket

    private static FileOptions inBucket(MemoryBucket bucket) {
        FileOptions d = FileOptions.DEFAULT;
        return new FileOptions(
                d.pipeline(),
                d.cacheMemory(),
                null,
                d.cacheDisk(),
                d.lookups(),
                d.origins(),
                false,
                null,
                d.uploadBytes(),
                d.uploadTypes(),
                new FileSourceConfig.S3("kept", "mill", null, bucket.uri(), "access", "secret"),
                null,
                d.uploadLife());
    }

    @Test
    void uploads_are_kept_in_a_bucket_where_another_server_finds_them() throws Exception {
        try (MemoryBucket bucket = new MemoryBucket()) {
            reopen(inBucket(bucket));
            JsonNode answer = json(is(201, send("POST", "/api/v1/files?name=a%20b.mp4", FILM, "Who", "me")));
            String id = answer.get("id").stringValue();
            assertThat(answer.get("sha256").stringValue()).isEqualTo(sha256(FILM));
            assertThat(bucket.objects)
                    .containsOnlyKeys("kept/mill/" + id + "/a b.mp4", "kept/mill/" + id + "/about.json");
            try (var left = Files.list(folder.resolve("data/uploads"))) {
                assertThat(left).as("what is left of it here").isEmpty();
            }
            folder = Files.createDirectory(folder.resolve("another"));
            Files.createDirectories(folder.resolve("films"));
            reopen(inBucket(bucket));
            String url = answer.get("url").stringValue();
            assertThat(is(200, get(url, "Who", "me")).body()).isEqualTo(FILM);
            assertThat(is(206, get(url, "Who", "me", "Range", "bytes=5-9")).body())
                    .isEqualTo(Arrays.copyOfRange(FILM, 5, 10));
            is(404, get(url, "Who", "you"));
            assertThat(json(is(200, get("/api/v1/files/" + id, "Who", "me")))
                            .get("size")
                            .intValue())
                    .isEqualTo(FILM.length);
            is(204, send("DELETE", "/api/v1/files/" + id, null, "Who", "me"));
            assertThat(bucket.objects).isEmpty();
            is(404, get("/api/v1/files/" + id, "Who", "me"));
        }
    }

    @Test
    void an_upload_that_the_bucket_does_not_take_is_no_upload() throws Exception {
        MemoryBucket bucket = new MemoryBucket();
        reopen(inBucket(bucket));
        bucket.close();
        HttpResponse<byte[]> told = is(502, send("POST", "/api/v1/files?name=a.mp4", FILM, "Who", "me"));
        assertThat(json(told).get("type").stringValue()).endsWith("file-storage-failed");
        try (var left = Files.list(folder.resolve("data/uploads"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void a_bucket_that_is_down_is_told_as_such_wherever_it_is_asked() throws Exception {
        MemoryBucket bucket = new MemoryBucket();
        reopen(inBucket(bucket));
        String id = "0123456789abcdef0123456789abcdef";
        bucket.close();
        is(502, get("/api/v1/files/" + id, "Who", "me"));
        is(502, send("DELETE", "/api/v1/files/" + id, null, "Who", "me"));
        is(502, get("/files/uploads/" + id + "/a.mp4", "Who", "me"));
        is(
                502,
                send(
                        "POST",
                        "/api/v1/links",
                        ("{\"file\": \"uploads/" + id + "/a.mp4\"}").getBytes(UTF_8),
                        "Who",
                        "me"));
        is(502, send("HEAD", "/api/v1/uploads/" + id, null, "Who", "me", "Tus-Resumable", "1.0.0"));
    }

    // ---- a disk that is full

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_upload_for_which_there_is_no_room_is_told_so_leaves_nothing_and_harms_nobody(boolean real)
            throws Exception {
        Path mountPoint = Files.createDirectory(folder.resolve("small"));
        try (SmallDisk disk = SmallDisk.of(1 << 20, mountPoint, real)) {
            reopen(inFolder(disk.root()));
            JsonNode before = json(is(201, send("POST", "/api/v1/files?name=small", random(100_000), "Who", "me")));
            HttpResponse<byte[]> told = is(507, send("POST", "/api/v1/files?name=a.mp4", FILM, "Who", "me"));
            assertThat(json(told).get("type").stringValue()).endsWith("no-room");
            try (var left = Files.list(disk.root())) {
                assertThat(left)
                        .singleElement()
                        .asString()
                        .endsWith(before.get("id").stringValue());
            }
            // There is as much room as before, and what was there is whole.
            is(201, send("POST", "/api/v1/files?name=more", random(500_000), "Who", "me"));
            assertThat(is(200, get(before.get("url").stringValue(), "Who", "me"))
                            .body())
                    .isEqualTo(random(100_000));
            shut();
            options = FileOptions.DEFAULT;
            open();
        }
    }

    @Test
    void a_resumable_upload_that_finds_no_room_keeps_what_was_acknowledged_before() throws Exception {
        try (SmallDisk disk = SmallDisk.of(1 << 20, folder, false)) {
            reopen(inFolder(disk.root()));
            String at = is(201, tus("POST", "/api/v1/uploads", null, "Upload-Length", "3000000"))
                    .headers()
                    .firstValue("Location")
                    .orElseThrow();
            is(204, tus("PATCH", at, Arrays.copyOf(FILM, 200_000), "Upload-Offset", "0"));
            byte[] rest = Arrays.copyOfRange(FILM, 200_000, FILM.length);
            is(507, tus("PATCH", at, rest, "Upload-Offset", "200000"));
            assertThat(is(200, tus("HEAD", at, null)).headers().firstValue("Upload-Offset"))
                    .contains("200000");
            is(201, send("POST", "/api/v1/files?name=more", random(400_000), "Who", "me"));
            shut();
            options = FileOptions.DEFAULT;
            open();
        }
    }

    @Test
    void an_upload_that_only_had_to_be_noted_when_the_server_died_is_noted_by_who_asks_after_it() throws Exception {
        Path uploads = folder.resolve("data/uploads");
        for (String died : List.of("before the part became the file", "after it")) {
            String at = is(201, tus("POST", "/api/v1/uploads", null, "Upload-Length", "3000000"))
                    .headers()
                    .firstValue("Location")
                    .orElseThrow();
            Path upload = uploads.resolve(at.substring(at.lastIndexOf('/') + 1));
            if (died.startsWith("before")) {
                Files.write(upload.resolve(".part"), FILM);
            } else {
                Files.delete(upload.resolve(".part"));
                Files.write(upload.resolve("file"), FILM);
            }
            HttpResponse<byte[]> head = is(200, tus("HEAD", at, null));
            assertThat(header(head, "Upload-Offset")).as(died).isEqualTo("3000000");
            assertThat(is(200, get(header(head, "Content-Location"), "Who", "me"))
                            .body())
                    .as(died)
                    .isEqualTo(FILM);
        }
    }

    // ---- servers that share a folder, or a store

    @Test
    void an_upload_that_one_server_began_is_ended_by_another_on_the_same_folder() throws Exception {
        Path shared = folder.resolve("shared");
        reopen(inFolder(shared));
        String at = is(201, tus("POST", "/api/v1/uploads", null, "Upload-Length", "3000000"))
                .headers()
                .firstValue("Location")
                .orElseThrow();
        is(204, tus("PATCH", at, Arrays.copyOf(FILM, 1_000_000), "Upload-Offset", "0"));
        folder = Files.createDirectory(folder.resolve("another"));
        Files.createDirectories(folder.resolve("films"));
        reopen(inFolder(shared));
        byte[] rest = Arrays.copyOfRange(FILM, 1_000_000, FILM.length);
        String url = is(204, tus("PATCH", at, rest, "Upload-Offset", "1000000"))
                .headers()
                .firstValue("Content-Location")
                .orElseThrow();
        assertThat(is(200, get(url, "Who", "me")).body()).isEqualTo(FILM);
    }

    @Test
    void two_servers_do_not_write_to_one_upload_at_once() throws Exception {
        Path shared = Files.createDirectories(folder.resolve("shared"));
        Uploads uploads =
                Uploads.inFolder(shared, new MemoryFileRegister(), UploadLife.DEFAULT, InstantSource.system());
        Uploads.About about = uploads.create("me", "a.mp4", "video/mp4", FILM.length);
        // Another process has it: its lock is on the part.
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        shared.resolve(about.id()).resolve(".part").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('L');
            assertThatThrownBy(() -> uploads.append(about, new ByteArrayInputStream(FILM), FILM.length))
                    .isInstanceOf(Uploads.Busy.class);
        } finally {
            other.destroyForcibly().waitFor();
        }
        // The lock ends with its process, however that ends.
        assertThat(uploads.append(about, new ByteArrayInputStream(FILM), FILM.length)
                        .isWhole())
                .isTrue();
        uploads.close();
    }

    /** Locks a file, says L, and waits to be killed. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                var _ = channel.lock();
                System.out.print('L');
                System.out.flush();
                var _ = System.in.read();
            }
        }
    }

    @Test
    void a_link_that_one_server_gave_out_is_revoked_by_another() throws Exception {
        var secrets = new ConcurrentHashMap<String, String>();
        var revoked = ConcurrentHashMap.<String>newKeySet();
        SecretStore keys = (name, made) -> secrets.computeIfAbsent(name, n -> made.get());
        RevocationStore revocations = new RevocationStore() {
            @Override
            public void revoke(String signature, Instant until, Instant now) {
                revoked.add(signature);
            }

            @Override
            public boolean isRevoked(String signature) {
                return revoked.contains(signature);
            }
        };
        Router router = new Router();
        try (FileHouse other = new FileHouse(
                Map.of("films", new FileSourceConfig.Directory(folder.resolve("films"))),
                options,
                null,
                exchange -> "somebody",
                null,
                keys,
                revocations,
                null)) {
            other.register(router);
            HttpServer second = HttpServer.builder(router).build();
            second.start();
            try {
                shut();
                house = new FileHouse(
                        Map.of("films", new FileSourceConfig.Directory(folder.resolve("films"))),
                        options,
                        null,
                        exchange -> "local",
                        null,
                        keys,
                        revocations,
                        null);
                Router own = new Router();
                house.register(own);
                server = HttpServer.builder(own).build();
                server.start();
                String url = json(is(
                                201, send("POST", "/api/v1/links", "{\"file\": \"films/doc.pdf\"}".getBytes(UTF_8))))
                        .get("url")
                        .stringValue();
                String elsewhere = url.replace(":" + server.port(), ":" + second.port());
                is(200, get(elsewhere));
                is(
                        204,
                        send(
                                "POST",
                                "http://127.0.0.1:" + second.port() + "/api/v1/links/revoke",
                                ("{\"url\": \"" + elsewhere + "\"}").getBytes(UTF_8)));
                is(404, get(url));
                is(404, get(elsewhere));
            } finally {
                second.stop(Duration.ZERO);
            }
        }
    }

    private HttpResponse<byte[]> tus(String method, String path, byte[] body, String... headers) throws Exception {
        List<String> all = new ArrayList<>(List.of("Who", "me", "Tus-Resumable", "1.0.0"));
        all.addAll(List.of(headers));
        if (body != null) {
            all.addAll(List.of("Content-Type", "application/offset+octet-stream"));
        }
        return send(method, path, body, all.toArray(String[]::new));
    }

    private static FileOptions inFolder(Path uploads) {
        FileOptions d = FileOptions.DEFAULT;
        return new FileOptions(
                d.pipeline(),
                d.cacheMemory(),
                null,
                d.cacheDisk(),
                d.lookups(),
                d.origins(),
                false,
                null,
                d.uploadBytes(),
                d.uploadTypes(),
                null,
                uploads,
                d.uploadLife());
    }
}
