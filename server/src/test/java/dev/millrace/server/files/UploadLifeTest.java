package dev.millrace.server.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Turn;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.files.S3Bucket;
import dev.millrace.files.Source;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Part;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.chat.ChatApi;
import dev.millrace.server.cli.MillraceCommand;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.testkit.LocalPostgres;
import dev.millrace.testkit.QuickStart;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How long uploaded files stay, and how much of them there may be: over HTTP, with chats, and a clock that can be set. */
@ParameterizedClass
@EnumSource(UploadLifeTest.Where.class)
class UploadLifeTest {
    /** What the chats are in, and the files. */
    enum Where {
        SQLITE_AND_FOLDER,
        SQLITE_AND_BUCKET,
        POSTGRESQL_AND_BUCKET,
        MEMORY_AND_FOLDER;

        boolean bucket() {
            return this == SQLITE_AND_BUCKET || this == POSTGRESQL_AND_BUCKET;
        }
    }

    /** Of the processes that are to be killed: they do what {@code serve} does. */
    private static final QuickStart START = new QuickStart(MillraceCommand.class.getName(), "rehearse", "--rounds=1");

    private static @Nullable LocalPostgres postgres;
    private static int schemas;

    private static final JsonMapper JSON = new JsonMapper();
    private static final byte[] PICTURE = random(100_000, 1);

    @Parameter
    Where where;

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<One> servers = new ArrayList<>();
    private volatile Duration ahead = Duration.ZERO;
    private volatile List<Artifact> makes = List.of();
    private UploadLife life = UploadLife.DEFAULT;
    private MemoryBucket bucket;
    private @Nullable Store shared;
    private String database = "";
    private One one;

    /** A server on the one store and the one bucket, with a data folder of its own. */
    private final class One {
        final FileHouse house;
        final Engine engine;
        final HttpServer http;
        final Path data;
        final Store store;

        One() throws Exception {
            this(Files.createDirectories(folder.resolve("data-" + servers.size())));
        }

        One(Path data) throws Exception {
            this.data = data;
            // A database may be used by several processes, each with a store of its own.
            store = where == Where.POSTGRESQL_AND_BUCKET ? openStore() : shared();
            FileOptions d = FileOptions.DEFAULT;
            var options = new FileOptions(
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
                    where.bucket()
                            ? new FileSourceConfig.S3("kept", null, null, bucket.uri(), "access", "secret")
                            : null,
                    null,
                    life);
            Identity identity = exchange -> exchange.header("Who").orElse("me");
            house = new FileHouse(
                    Map.of(),
                    options,
                    data,
                    identity,
                    null,
                    null,
                    null,
                    Objects.requireNonNull(store.files()),
                    () -> Instant.now().plus(ahead));
            var agents = new AgentCatalog(house.attachments()
                    .given(AgentCatalog.of("painter", UploadLifeTest.this::paint)
                            .all()));
            engine = new Engine(store, agents, EngineSettings.defaults());
            engine.start();
            Router router = new Router();
            house.register(router);
            new ChatApi(engine, identity, house.attachments()::checked).register(router);
            http = HttpServer.builder(router).build();
            http.start();
            servers.add(this);
        }

        void shut() {
            http.stop(Duration.ZERO);
            engine.close();
            house.close();
        }

        HttpResponse<byte[]> send(String method, String path, byte @Nullable [] body, String... headers)
                throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
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

        HttpResponse<byte[]> tus(String method, String path, byte @Nullable [] body, String... headers)
                throws Exception {
            List<String> all = new ArrayList<>(List.of("Tus-Resumable", "1.0.0"));
            all.addAll(List.of(headers));
            if (body != null) {
                all.addAll(List.of("Content-Type", "application/offset+octet-stream"));
            }
            return send(method, path, body, all.toArray(String[]::new));
        }
    }

    private FileRegister register() {
        return Objects.requireNonNull(one.store.files());
    }

    private Store openStore() {
        return switch (where) {
            case SQLITE_AND_FOLDER, SQLITE_AND_BUCKET -> SqliteStore.open(folder.resolve("store"));
            case POSTGRESQL_AND_BUCKET -> PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(database)));
            case MEMORY_AND_FOLDER -> new MemoryStore();
        };
    }

    private Store shared() {
        Store open = shared == null ? openStore() : shared;
        shared = open;
        return open;
    }

    @AfterAll
    static void stopPostgres() throws Exception {
        LocalPostgres running = postgres;
        if (running != null) {
            running.close();
        }
    }

    @BeforeEach
    void start() throws Exception {
        if (where == Where.POSTGRESQL_AND_BUCKET) {
            assumeTrue(LocalPostgres.installed(), LocalPostgres.missing());
            if (postgres == null) {
                postgres = LocalPostgres.start().orElseThrow();
            }
            database = "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres?schema=life"
                    + ++schemas;
        }
        bucket = new MemoryBucket();
        one = new One();
    }

    @AfterEach
    void stop() {
        servers.forEach(One::shut);
        if (bucket != null) {
            bucket.close();
        }
        client.close();
    }

    private void restart(UploadLife with) throws Exception {
        one.shut();
        servers.clear();
        shared = null;
        life = with;
        one = new One();
    }

    private static byte[] random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void paint(Turn turn) {
        makes.forEach(turn::emit);
    }

    private static HttpResponse<byte[]> is(int status, HttpResponse<byte[]> response) {
        assertThat(response.statusCode())
                .as(() -> response.request() + ": " + new String(response.body(), UTF_8))
                .isEqualTo(status);
        return response;
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    private String upload(String name) throws Exception {
        return json(is(201, one.send("POST", "/api/v1/files?name=" + name, PICTURE)))
                .get("url")
                .stringValue();
    }

    private String chat(String url) throws Exception {
        String message = "{\"message\":{\"parts\":[{\"text\":\"Look\"},{\"url\":\"" + url + "\"}]}}";
        JsonNode answer = json(is(
                201, one.send("POST", "/api/v1/chats", message.getBytes(UTF_8), "Content-Type", "application/json")));
        return answer.at("/chat/id").stringValue();
    }

    private void delete(String chat) throws Exception {
        is(204, one.send("DELETE", "/api/v1/chats/" + chat, null));
    }

    private void wait(Duration time) throws Exception {
        ahead = ahead.plus(time);
        one.house.sweep();
    }

    private boolean isThere(String url) throws Exception {
        return one.send("GET", url, null).statusCode() == 200;
    }

    private void nothingIsLeft() throws Exception {
        assertThat(bucket.objects).isEmpty();
        assertThat(bucket.uploads).isEmpty();
        for (One server : servers) {
            Path uploads = server.data.resolve("uploads");
            if (Files.exists(uploads)) {
                try (var left = Files.list(uploads)) {
                    assertThat(left).isEmpty();
                }
            }
        }
    }

    @Test
    void the_files_of_a_deleted_chat_go_after_their_grace_and_not_before() throws Exception {
        String url = upload("cat.png");
        String chat = chat(url);
        wait(Duration.ofDays(30));
        assertThat(isThere(url)).isTrue();
        String fork = json(is(201, one.send("POST", "/api/v1/chats/" + chat + ":fork", null)))
                .get("id")
                .stringValue();
        delete(chat);
        wait(Duration.ofDays(30));
        assertThat(isThere(url)).as("the fork has it").isTrue();
        delete(fork);
        ahead = Duration.ZERO; // what the store notes is by the true time
        wait(Duration.ofHours(23));
        assertThat(isThere(url)).isTrue();
        wait(Duration.ofHours(2));
        assertThat(isThere(url)).isFalse();
        nothingIsLeft();
        String message = "{\"message\":{\"parts\":[{\"url\":\"" + url + "\"}]}}";
        is(400, one.send("POST", "/api/v1/chats", message.getBytes(UTF_8), "Content-Type", "application/json"));
    }

    @Test
    void a_file_that_is_sent_again_in_its_grace_stays() throws Exception {
        String url = upload("cat.png");
        delete(chat(url));
        JsonNode listed = json(is(200, one.send("GET", "/api/v1/files", null))).at("/files/0");
        assertThat(Instant.parse(listed.get("expiresAt").stringValue()))
                .isBetween(
                        Instant.now().plus(Duration.ofHours(23)), Instant.now().plus(Duration.ofHours(25)));
        ahead = Duration.ofHours(25);
        String again = chat(url); // before the sweep
        wait(Duration.ZERO);
        assertThat(isThere(url)).isTrue();
        wait(Duration.ofDays(365));
        assertThat(isThere(url)).isTrue();
        assertThat(json(one.send("GET", "/api/v1/files", null)).at("/files/0").has("expiresAt"))
                .isFalse();
        delete(again);
        wait(Duration.ofDays(2));
        assertThat(isThere(url)).isFalse();
    }

    @Test
    void what_an_agent_made_goes_with_its_chat_and_what_was_never_sent_stays() throws Exception {
        String never = upload("never.png");
        makes = List.of(Artifact.of("art", Part.raw(random(200_000, 2), "image/png")));
        String chat = chat(upload("cat.png"));
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> json(one.send("GET", "/api/v1/chats/" + chat + "/messages", null))
                                .get("messages")
                                .size()
                        == 2);
        String art = json(one.send("GET", "/api/v1/chats/" + chat + "/messages", null))
                .at("/messages/1/message/parts/0/url")
                .stringValue();
        wait(Duration.ofDays(3));
        assertThat(isThere(art)).isTrue();
        delete(chat);
        wait(Duration.ofDays(3));
        assertThat(isThere(art)).isFalse();
        assertThat(isThere(never)).isTrue();
        assertThat(json(one.send("GET", "/api/v1/files", null)).get("total").intValue())
                .isEqualTo(1);
    }

    @Test
    void what_an_agent_made_and_a_crash_kept_from_its_chat_goes_too() throws Exception {
        var uploads = Uploads.inFolder(
                one.data.resolve("uploads"),
                register(),
                life,
                () -> Instant.now().plus(ahead));
        if (!where.bucket()) {
            uploads.keep("me", "task/art", "a.png", "image/png", PICTURE);
            wait(Duration.ofHours(23));
            assertThat(json(one.send("GET", "/api/v1/files", null)).get("total").intValue())
                    .isEqualTo(1);
            wait(Duration.ofHours(2));
            nothingIsLeft();
        }
    }

    @Test
    void files_that_are_never_sent_go_after_a_time_if_that_is_wanted() throws Exception {
        String before = upload("before.png");
        restart(new UploadLife(Duration.ofHours(1), Duration.ofHours(1), Duration.ofDays(7), FileRegister.NO_QUOTA));
        String sent = upload("sent.png");
        String never = upload("never.png");
        chat(sent);
        wait(Duration.ofDays(6));
        assertThat(isThere(never)).isTrue();
        wait(Duration.ofDays(2));
        assertThat(isThere(never)).isFalse();
        assertThat(isThere(sent)).isTrue();
        assertThat(isThere(before)).as("from when it was not wanted").isTrue();
    }

    @Test
    void an_upload_that_does_not_go_on_is_given_up_when_it_was_said() throws Exception {
        HttpResponse<byte[]> created =
                is(201, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", Integer.toString(PICTURE.length)));
        String at = header(created, "Location");
        assertThat(header(one.send("OPTIONS", "/api/v1/uploads", null), "Tus-Extension"))
                .contains("expiration");
        assertThat(header(created, "Upload-Expires")).endsWith(" GMT");
        wait(Duration.ofHours(20));
        is(204, one.tus("PATCH", at, Arrays.copyOf(PICTURE, 50_000), "Upload-Offset", "0"));
        wait(Duration.ofHours(20));
        HttpResponse<byte[]> head = is(200, one.tus("HEAD", at, null));
        assertThat(header(head, "Upload-Offset")).isEqualTo("50000");
        assertThat(header(head, "Upload-Expires")).endsWith(" GMT");
        wait(Duration.ofHours(5));
        is(404, one.tus("HEAD", at, null));
        nothingIsLeft();
        assertThat(json(one.send("GET", "/api/v1/files", null)).get("bytes").intValue())
                .isZero();
    }

    @Test
    void an_upload_goes_on_at_another_server_or_is_told_where_it_is() throws Exception {
        One other = new One();
        byte[] film = random(20 << 20, 3); // three parts of 8 MiB, in a bucket
        HttpResponse<byte[]> created =
                is(201, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", Integer.toString(film.length)));
        String at = header(created, "Location");
        is(204, one.tus("PATCH", at, Arrays.copyOf(film, 9 << 20), "Upload-Offset", "0"));
        byte[] rest = Arrays.copyOfRange(film, 9 << 20, film.length);
        String offset = Integer.toString(9 << 20);
        if (where.bucket()) {
            assertThat(header(is(200, other.tus("HEAD", at, null)), "Upload-Offset"))
                    .isEqualTo(offset);
            HttpResponse<byte[]> done = is(204, other.tus("PATCH", at, rest, "Upload-Offset", offset));
            assertThat(one.send("GET", header(done, "Content-Location"), null).body())
                    .isEqualTo(film);
        } else {
            HttpResponse<byte[]> told = is(409, other.tus("PATCH", at, rest, "Upload-Offset", offset));
            assertThat(json(told).get("type").stringValue()).endsWith("upload-elsewhere");
            assertThat(json(told).get("detail").stringValue())
                    .contains("files.uploads.folder")
                    .contains("files.uploads.bucket");
            is(409, other.tus("HEAD", at, null));
            is(404, other.tus("HEAD", at, null, "Who", "you"));
            is(204, one.tus("PATCH", at, rest, "Upload-Offset", offset));
        }
    }

    @Test
    void an_owner_has_a_quota_and_a_list_to_make_room_by() throws Exception {
        restart(new UploadLife(Duration.ofDays(1), Duration.ofDays(1), null, 350_000));
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            urls.add(upload(i + ".png"));
        }
        HttpResponse<byte[]> refused = is(413, one.send("POST", "/api/v1/files?name=4.png", PICTURE));
        assertThat(json(refused).get("type").stringValue()).endsWith("quota-exceeded");
        is(413, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", "50001"));
        String at = header(is(201, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", "50000")), "Location");
        is(413, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", "1"));
        is(201, one.tus("POST", "/api/v1/uploads", null, "Upload-Length", "1", "Who", "you"));
        is(204, one.tus("DELETE", at, null));

        JsonNode page = json(is(200, one.send("GET", "/api/v1/files?limit=2", null)));
        assertThat(page.get("files").size()).isEqualTo(2);
        assertThat(page.get("total").intValue()).isEqualTo(3);
        assertThat(page.get("bytes").intValue()).isEqualTo(300_000);
        assertThat(page.get("quota").intValue()).isEqualTo(350_000);
        JsonNode rest = json(is(
                200,
                one.send(
                        "GET", "/api/v1/files?limit=2&after=" + page.get("next").stringValue(), null)));
        assertThat(rest.get("files").size()).isEqualTo(1);
        assertThat(rest.has("next")).isFalse();
        List<String> listed = new ArrayList<>();
        page.get("files").forEach(file -> listed.add(file.get("url").stringValue()));
        rest.get("files").forEach(file -> listed.add(file.get("url").stringValue()));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(urls);
        assertThat(json(one.send("GET", "/api/v1/files", null, "Who", "you"))
                        .get("total")
                        .intValue())
                .isZero();
        is(400, one.send("GET", "/api/v1/files?limit=0", null));
        is(400, one.send("GET", "/api/v1/files?after=x", null));

        String id = page.at("/files/0/id").stringValue();
        is(404, one.send("DELETE", "/api/v1/files/" + id, null, "Who", "you"));
        is(204, one.send("DELETE", "/api/v1/files/" + id, null));
        is(201, one.send("POST", "/api/v1/files?name=4.png", PICTURE));
    }

    @Test
    void files_from_before_there_was_a_register_are_found_for_it() throws Exception {
        String url = upload("cat.png");
        String id = url.split("/", -1)[3];
        register().remove(id);
        String chat = chat(url);
        one.house.sweep();
        assertThat(json(one.send("GET", "/api/v1/files", null)).get("total").intValue())
                .isEqualTo(1);
        delete(chat);
        wait(Duration.ofDays(2));
        assertThat(isThere(url)).isFalse();
        nothingIsLeft();
    }

    @Test
    void a_file_is_named_as_it_was_given_out_or_not_at_all() throws Exception {
        String url = upload("cat.png");
        String id = url.split("/", -1)[3];
        String odd = url.replace(id, "%3" + id.charAt(0) + id.substring(1));
        String message = "{\"message\":{\"parts\":[{\"url\":\"" + odd + "\"}]}}";
        HttpResponse<byte[]> refused =
                is(400, one.send("POST", "/api/v1/chats", message.getBytes(UTF_8), "Content-Type", "application/json"));
        assertThat(new String(refused.body(), UTF_8)).contains("message.parts[0].url");
    }

    // ---- who dies, and who does the same at the same time

    /** Collects as a server does, and hangs in the middle until it is killed. */
    static final class Collector {
        private Collector() {}

        /** @param args where, data folder, store, bucket, and whether it hangs before or after it removes its second file */
        public static void main(String[] args) throws Exception {
            Where where = Where.valueOf(args[0]);
            Path uploads = Path.of(args[1]).resolve("uploads");
            boolean after = args[4].equals("after");
            InstantSource clock = () -> Instant.now().plus(Duration.ofDays(2));
            Store store = where == Where.POSTGRESQL_AND_BUCKET
                    ? PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(args[2])))
                    : SqliteStore.open(Path.of(args[2]));
            FileRegister register = Objects.requireNonNull(store.files());
            Vault vault;
            Arrivals arrivals;
            if (where.bucket()) {
                var s3 = new FileSourceConfig.S3("kept", null, null, URI.create(args[3]), "access", "secret");
                S3Bucket kept = s3.bucketToWrite();
                var inBucket = new BucketVault(kept, s3::source);
                vault = new Hanging(inBucket, after);
                arrivals = new BucketArrivals(
                        kept, inBucket, Files.createDirectories(uploads), register, clock, BucketArrivals.PART);
            } else {
                var inFolder = new FolderVault(uploads);
                vault = new Hanging(inFolder, after);
                arrivals = new FolderArrivals(uploads, inFolder);
            }
            var all = new Uploads(arrivals, vault, register, UploadLife.DEFAULT, clock);
            new UploadSweep(arrivals, vault, all, register, UploadLife.DEFAULT, clock).sweep();
            throw new IllegalStateException("it was to hang");
        }
    }

    /** Says so and hangs when the second file is to be removed. */
    private static final class Hanging implements Vault {
        private final Vault vault;
        private final boolean after;
        private int removed;

        Hanging(Vault vault, boolean after) {
            this.vault = vault;
            this.after = after;
        }

        @Override
        public void delete(Uploads.About about) throws IOException {
            boolean second = ++removed == 2;
            if (!second || after) {
                vault.delete(about);
            }
            if (second) {
                System.out.print(about.id());
                System.out.flush();
                while (true) {
                    LockSupport.park();
                }
            }
        }

        @Override
        public Optional<Uploads.About> find(String id) throws IOException {
            return vault.find(id);
        }

        @Override
        public void forEach(Consumer<Uploads.About> found) throws IOException {
            vault.forEach(found);
        }

        @Override
        public byte[] read(Uploads.About about) throws IOException {
            return vault.read(about);
        }

        @Override
        public Source source() {
            return vault.source();
        }

        @Override
        public void close() {
            vault.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"before", "half", "after"})
    void a_server_that_is_killed_while_it_collects_leaves_the_rest_to_the_next(String when) throws Exception {
        if (where == Where.MEMORY_AND_FOLDER) {
            return; // nothing that is known survives its process, so there is nothing for a next one to go on with
        }
        String stays = upload("stays.png");
        chat(stays);
        List<String> go = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            go.add(upload(i + ".png"));
            delete(chat(go.getLast()));
        }
        one.shut();
        servers.clear();
        shared = null;
        List<String> command = new ArrayList<>(START.command());
        command.addAll(List.of(
                Collector.class.getName(),
                where.name(),
                one.data.toString(),
                where == Where.POSTGRESQL_AND_BUCKET
                        ? database
                        : folder.resolve("store").toString(),
                bucket.uri().toString(),
                when));
        Process dying = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String id = new String(dying.getInputStream().readNBytes(32), UTF_8);
        dying.destroyForcibly().waitFor();
        assertThat(id).hasSize(32);
        if (when.equals("half")) {
            // As if it had been killed between the file and what is known of it.
            if (where.bucket()) {
                bucket.objects.keySet().removeIf(key -> key.contains(id) && key.endsWith(".png"));
            } else {
                Path file = one.data.resolve("uploads").resolve(id);
                for (String url : go) {
                    Files.deleteIfExists(file.resolve(url.substring(url.lastIndexOf('/') + 1)));
                }
            }
        }
        Path data = one.data;
        one = new One(data);
        assertThat(go.stream().filter(url -> status(url) == 200).count()).isBetween(2L, 3L);
        String again = "{\"message\":{\"parts\":[{\"url\":\""
                + go.stream().filter(url -> url.contains(id)).findAny().orElseThrow() + "\"}]}}";
        is(400, one.send("POST", "/api/v1/chats", again.getBytes(UTF_8), "Content-Type", "application/json"));
        wait(Duration.ofDays(2));
        for (String url : go) {
            assertThat(isThere(url)).isFalse();
        }
        assertThat(is(200, one.send("GET", stays, null)).body()).isEqualTo(PICTURE);
        assertThat(kept()).containsExactly(id(stays));
        JsonNode listed = json(one.send("GET", "/api/v1/files", null));
        assertThat(listed.get("total").intValue()).isEqualTo(1);
        assertThat(listed.get("bytes").intValue()).isEqualTo(PICTURE.length);
    }

    @Test
    void servers_that_collect_at_once_remove_what_nothing_names_and_never_what_something_does() throws Exception {
        // Files in a folder are one server's.
        List<One> both = where.bucket() ? List.of(one, new One()) : List.of(one);
        ahead = Duration.ofDays(2); // what is loose is so for long enough
        var over = new AtomicBoolean();
        var alive = new ConcurrentHashMap<String, String>();
        // Sweeps that follow each other hardly ever wait: on virtual threads they would leave no carrier to the
        // servers.
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var sweepers = Executors.newThreadPerTaskExecutor(
                        Thread.ofPlatform().daemon().factory())) {
            List<Future<?>> sweeps = new ArrayList<>();
            for (One server : both) {
                sweeps.add(sweepers.submit(() -> {
                    while (!over.get()) {
                        server.house.sweep();
                    }
                    return null;
                }));
            }
            List<Future<?>> users = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int seed = i;
                users.add(threads.submit(() -> {
                    use(both, new Random(seed), alive);
                    return null;
                }));
            }
            try {
                for (Future<?> user : users) {
                    user.get();
                }
            } finally {
                over.set(true); // or nobody would ever hear of a user who failed
            }
            for (Future<?> sweep : sweeps) {
                sweep.get();
            }
        }
        one.house.sweep();
        assertThat(kept())
                .isEqualTo(alive.values().stream().map(UploadLifeTest::id).collect(Collectors.toSet()));
        for (String url : alive.values()) {
            for (One server : both) {
                assertThat(is(200, server.send("GET", url, null)).body()).isEqualTo(PICTURE);
            }
        }
        assertThat(alive).isNotEmpty();
        assertThat(bucket.uploads).isEmpty();
    }

    /** Uploads, sends, forks and deletes, now here, now there. */
    private void use(List<One> servers, Random random, Map<String, String> alive) throws Exception {
        List<String> mine = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            One server = servers.get(random.nextInt(servers.size()));
            int what = random.nextInt(4);
            if (mine.isEmpty() || what == 0) {
                String url = json(is(201, server.send("POST", "/api/v1/files?name=a.png", PICTURE)))
                        .get("url")
                        .stringValue();
                all.add(url);
                One other = servers.get(random.nextInt(servers.size()));
                HttpResponse<byte[]> sent = is(201, send(other, url));
                born(json(sent).at("/chat/id").stringValue(), url, mine, alive);
            } else if (what == 1) {
                String chat = mine.get(random.nextInt(mine.size()));
                String fork = json(is(201, server.send("POST", "/api/v1/chats/" + chat + ":fork", null)))
                        .get("id")
                        .stringValue();
                born(fork, alive.get(chat), mine, alive);
            } else if (what == 2) {
                // What was named before may be gone, be going, or be named by another still.
                String url = all.get(random.nextInt(all.size()));
                HttpResponse<byte[]> sent = send(server, url);
                if (sent.statusCode() != 400) {
                    born(json(is(201, sent)).at("/chat/id").stringValue(), url, mine, alive);
                }
            } else {
                String chat = mine.remove(random.nextInt(mine.size()));
                is(204, server.send("DELETE", "/api/v1/chats/" + chat, null));
                alive.remove(chat);
            }
        }
    }

    private static void born(String chat, String url, List<String> mine, Map<String, String> alive) {
        mine.add(chat);
        alive.put(chat, url);
    }

    private static HttpResponse<byte[]> send(One server, String url) throws Exception {
        String message = "{\"message\":{\"parts\":[{\"text\":\"Look\"},{\"url\":\"" + url + "\"}]}}";
        return server.send("POST", "/api/v1/chats", message.getBytes(UTF_8), "Content-Type", "application/json");
    }

    private static String id(String url) {
        return url.split("/", -1)[3];
    }

    private int status(String url) {
        try {
            return one.send("GET", url, null).statusCode();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** The ids of which there is anything at all. */
    private Set<String> kept() throws Exception {
        if (where.bucket()) {
            return bucket.objects.keySet().stream()
                    .map(key -> key.split("/", -1)[1])
                    .collect(Collectors.toSet());
        }
        try (var folders = Files.list(one.data.resolve("uploads"))) {
            return folders.map(path -> path.getFileName().toString()).collect(Collectors.toSet());
        }
    }
}
