package dev.millrace.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.server.http.TestCertificate;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client's certificate says whose its requests are, on the one port that speaks everything. */
class CertificatesTest {
    private static final TestCertificate OURS = TestCertificate.ec();
    private static final TestCertificate ALICE = TestCertificate.client("alice");
    private static final TestCertificate BOB = TestCertificate.client("bob");
    private static final TestCertificate STRANGER = TestCertificate.client("stranger");
    private static final String KEY = ApiKeys.newKey(new SecureRandom());

    @TempDir
    private static Path folder;

    private static GuardedServer server;

    @BeforeAll
    static void start() throws Exception {
        // Each is signed by itself, and so its own authority.
        Path authorities = Files.writeString(
                folder.resolve("clients.pem"), Files.readString(ALICE.chain()) + Files.readString(BOB.chain()));
        server = new GuardedServer(settings -> settings.cert(OURS.chain())
                .key(OURS.key())
                .clients(authorities)
                .auth(GuardedServer.keys("alice", KEY)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> get(
            HttpClient.Version version, TestCertificate who, String path, String... headers)
            throws IOException, InterruptedException {
        try (var client = HttpClient.newBuilder()
                .version(version)
                .sslContext(who == null ? OURS.trusting() : who.showing(OURS))
                .build()) {
            var request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.millrace.port() + path))
                    .header("A2A-Version", "1.0");
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }

    private static ManagedChannel channel(TestCertificate who) throws IOException {
        var tls = GrpcSslContexts.forClient().trustManager(OURS.chain().toFile());
        if (who != null) {
            tls.keyManager(who.chain().toFile(), who.key().toFile());
        }
        return NettyChannelBuilder.forAddress("localhost", server.millrace.port())
                .sslContext(tls.build())
                .build();
    }

    @Test
    void a_certificate_says_whose_a_request_is_over_everything() throws Exception {
        ManagedChannel channel = channel(ALICE);
        String task;
        try {
            task = GuardedServer.grpc(channel)
                    .sendMessage(GuardedServer.hello())
                    .getTask()
                    .getId();
        } finally {
            channel.shutdownNow();
        }
        for (HttpClient.Version version : HttpClient.Version.values()) {
            if (version.name().startsWith("HTTP_1") || version.name().equals("HTTP_2")) {
                assertThat(get(version, ALICE, "/a2a/tasks/" + task).statusCode())
                        .isEqualTo(200);
                assertThat(get(version, BOB, "/a2a/tasks/" + task).statusCode()).isEqualTo(404);
                assertThat(get(version, null, "/a2a/tasks/" + task).statusCode())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void the_owner_of_a_certificate_is_not_the_owner_of_a_key_of_the_same_name() throws Exception {
        ManagedChannel channel = channel(ALICE);
        try {
            String byCertificate = GuardedServer.grpc(channel)
                    .sendMessage(GuardedServer.hello())
                    .getTask()
                    .getId();
            assertThat(server.get("/a2a/tasks/" + byCertificate, "X-API-Key", KEY)
                            .statusCode())
                    .isEqualTo(404);
            // Who shows both acts by the key.
            String byKey = GuardedServer.grpc(channel, "x-api-key", KEY)
                    .sendMessage(GuardedServer.hello())
                    .getTask()
                    .getId();
            assertThat(server.get("/a2a/tasks/" + byKey, "X-API-Key", KEY).statusCode())
                    .isEqualTo(200);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void who_shows_none_or_a_strangers_does_not_come_in() throws Exception {
        ManagedChannel none = channel(null);
        try {
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> GuardedServer.grpc(none).sendMessage(GuardedServer.hello()))
                    .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED));
        } finally {
            none.shutdownNow();
        }
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> get(HttpClient.Version.HTTP_1_1, STRANGER, "/healthz"));
        assertThat(server.get("/.well-known/agent-card.json").body()).contains("mtls", "apiKey");
    }
}
