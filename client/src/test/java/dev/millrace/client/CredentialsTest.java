package dev.millrace.client;

import static dev.millrace.client.Events.bareTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.GetTaskRequest;
import com.google.lf.a2a.v1.Task;
import com.google.lf.a2a.v1.TaskState;
import com.google.lf.a2a.v1.TaskStatus;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.Grpc;
import io.grpc.Server;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.StreamObserver;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who the client says it is, and whom it believes. */
@Timeout(60)
class CredentialsTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    static Path folder;

    private static Identity ours;
    private static Identity theirs;

    @BeforeAll
    static void makeThem() throws Exception {
        ours = identity("client");
        theirs = identity("server");
    }

    /** A self-signed certificate of the JDK's keytool, in PEM. */
    private record Identity(Path certificate, Path key) {}

    private static Identity identity(String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "me",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        var keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return new Identity(
                pem(name + ".crt", "CERTIFICATE", keys.getCertificate("me").getEncoded()),
                pem(
                        name + ".key",
                        "PRIVATE KEY",
                        keys.getKey("me", PASSWORD.toCharArray()).getEncoded()));
    }

    private static Path pem(String file, String kind, byte[] der) throws Exception {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                folder.resolve(file), "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n");
    }

    @Test
    void a_server_that_asks_who_calls_is_told_by_certificate() throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(
                new HttpsConfigurator(ClientTls.DEFAULT
                        .as(theirs.certificate(), theirs.key())
                        .trusting(ours.certificate())
                        .context()) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var tls = getSSLContext().getDefaultSSLParameters();
                        tls.setNeedClientAuth(true);
                        parameters.setSSLParameters(tls);
                    }
                });
        server.createContext("/", exchange -> {
            byte[] body = bareTask("COMPLETED", "").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create("https://localhost:" + server.getAddress().getPort());
            try (A2aClient client = A2aClient.atInterface(url)
                    .bindings(Binding.HTTP_JSON)
                    .trust(theirs.certificate())
                    .identity(ours.certificate(), ours.key())
                    .connect()) {
                assertThat(client.getTask("t1").id()).isEqualTo("t1");
            }
            try (A2aClient nobody = A2aClient.atInterface(url)
                    .bindings(Binding.HTTP_JSON)
                    .trust(theirs.certificate())
                    .connect()) {
                assertThatThrownBy(() -> nobody.getTask("t1")).isInstanceOf(ConnectionFailed.class);
            }
            try (A2aClient distrustful = A2aClient.atInterface(url)
                    .bindings(Binding.HTTP_JSON)
                    .identity(ours.certificate(), ours.key())
                    .connect()) {
                assertThatThrownBy(() -> distrustful.getTask("t1")).isInstanceOf(ConnectionFailed.class);
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void and_so_is_one_that_speaks_grpc() throws Exception {
        Server server = Grpc.newServerBuilderForPort(
                        0,
                        TlsServerCredentials.newBuilder()
                                .keyManager(
                                        theirs.certificate().toFile(),
                                        theirs.key().toFile())
                                .trustManager(ours.certificate().toFile())
                                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                                .build())
                .addService(new A2AServiceGrpc.A2AServiceImplBase() {
                    @Override
                    public void getTask(GetTaskRequest request, StreamObserver<Task> out) {
                        out.onNext(Task.newBuilder()
                                .setId(request.getId())
                                .setStatus(TaskStatus.newBuilder().setState(TaskState.TASK_STATE_WORKING))
                                .build());
                        out.onCompleted();
                    }
                })
                .build()
                .start();
        try {
            URI url = URI.create("https://localhost:" + server.getPort());
            try (A2aClient client = A2aClient.atInterface(url)
                    .bindings(Binding.GRPC)
                    .trust(theirs.certificate())
                    .identity(ours.certificate(), ours.key())
                    .connect()) {
                assertThat(client.getTask("t1").id()).isEqualTo("t1");
                // What the server does not have is refused like anything else.
                A2aException refused = catchThrowableOfType(A2aException.class, () -> client.cancel("t1"));
                assertThat(refused.code()).isEqualTo(-32601);
            }
            try (A2aClient nobody = A2aClient.atInterface(url)
                    .bindings(Binding.GRPC)
                    .trust(theirs.certificate())
                    .connect()) {
                assertThatThrownBy(() -> nobody.getTask("t1")).isInstanceOf(ConnectionFailed.class);
            }
        } finally {
            server.shutdownNow();
        }
    }

    @Test
    void a_token_is_asked_for_with_each_request() throws Exception {
        var asked = new AtomicInteger();
        try (var server = new ScriptedServer();
                A2aClient client = A2aClient.atInterface(server.uri())
                        .bearerToken(() -> "token-" + asked.incrementAndGet())
                        .apiKey("X-Key", "secret")
                        .connect()) {
            server.always(call -> call.result(bareTask("WORKING", "")));
            client.getTask("t1");
            client.getTask("t1");
            assertThat(server.call().headers)
                    .containsEntry("Authorization", "Bearer token-1")
                    .containsEntry("X-Key", "secret");
            assertThat(server.call().headers).containsEntry("Authorization", "Bearer token-2");
        }
    }

    @Test
    void files_that_cannot_be_used_are_named() throws Exception {
        Path empty = Files.createFile(folder.resolve("empty.pem"));
        A2aClientBuilder builder = A2aClient.at(URI.create("https://localhost"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.trust(empty))
                .withMessageContaining("empty.pem");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.identity(empty, empty))
                .withMessageContaining("PKCS#8");
    }

    @Test
    void over_grpc_a_server_that_is_not_there_certainly_got_nothing() throws Exception {
        int port;
        try (var socket = new java.net.ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        try (A2aClient client = A2aClient.atInterface(URI.create("http://127.0.0.1:" + port))
                .bindings(Binding.GRPC)
                .connect()) {
            ConnectionFailed e = catchThrowableOfType(ConnectionFailed.class, () -> client.getTask("t1"));
            assertThat(e.mayHaveArrived()).isFalse();
        }
    }
}
