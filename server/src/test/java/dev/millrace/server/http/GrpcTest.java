package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class GrpcTest {
    private static final MethodDescriptor<String, String> UNARY = method("Unary", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> STREAM =
            method("Stream", MethodDescriptor.MethodType.SERVER_STREAMING);
    private static final MethodDescriptor<String, String> MISSING =
            method("Missing", MethodDescriptor.MethodType.UNARY);

    private static final Router NOTHING_ELSE =
            new Router().post("/test.Words/Unary", exchange -> exchange.respond(204));

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder()
                .setFullMethodName("test.Words/" + name)
                .setType(type)
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text())
                .build();
    }

    /** Text as it is: what a message means is not this test's matter. */
    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String text) {
            return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream in) {
            try {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Says a word back, and streams the words that the test puts into the queue for as long as anyone listens. */
    private static final class Words implements BindableService {
        final LinkedBlockingQueue<String> words = new LinkedBlockingQueue<>();
        final CountDownLatch streaming = new CountDownLatch(1);
        final CountDownLatch cancelled = new CountDownLatch(1);
        final AtomicInteger sent = new AtomicInteger();
        final AtomicReference<Boolean> virtual = new AtomicReference<>();
        final AtomicReference<ServerCallStreamObserver<String>> open = new AtomicReference<>();

        @Override
        public ServerServiceDefinition bindService() {
            return ServerServiceDefinition.builder("test.Words")
                    .addMethod(UNARY, ServerCalls.asyncUnaryCall((word, out) -> {
                        virtual.set(Thread.currentThread().isVirtual());
                        out.onNext("echo " + word.length());
                        out.onCompleted();
                    }))
                    .addMethod(
                            STREAM,
                            ServerCalls.asyncServerStreamingCall(
                                    (word, out) -> stream((ServerCallStreamObserver<String>) out)))
                    .build();
        }

        private void stream(ServerCallStreamObserver<String> out) {
            var ready = new Semaphore(0);
            out.setOnReadyHandler(ready::release);
            open.set(out);
            var sender = Thread.ofVirtual().unstarted(() -> {
                try {
                    streaming.countDown();
                    while (true) {
                        String word = words.take();
                        while (!out.isReady()) {
                            ready.acquire();
                        }
                        out.onNext(word);
                        sent.incrementAndGet();
                    }
                } catch (InterruptedException over) {
                    Thread.currentThread().interrupt();
                }
            });
            out.setOnCancelHandler(() -> {
                cancelled.countDown();
                sender.interrupt();
            });
            sender.start();
        }
    }

    private final Words service = new Words();

    private TestServer start() throws IOException {
        return TestServer.start(NOTHING_ELSE, limits -> limits, settings -> settings.grpc(service));
    }

    /** A channel that is closed at the end of the test, whatever became of its calls. */
    private record Channel(ManagedChannel grpc) implements AutoCloseable {
        static Channel open(TestServer server, String how) throws IOException {
            var builder = NettyChannelBuilder.forAddress("localhost", server.port());
            if (how.equals("tls")) {
                builder.sslContext(GrpcSslContexts.forClient()
                        .trustManager(TestCertificate.ec().chain().toFile())
                        .build());
            } else {
                builder.usePlaintext();
            }
            return new Channel(builder.flowControlWindow(65_535).build());
        }

        String unary(MethodDescriptor<String, String> method, String word) {
            return ClientCalls.blockingUnaryCall(grpc, method, CallOptions.DEFAULT, word);
        }

        Listener listen(CallOptions options) {
            var listener = new Listener();
            ClientCalls.asyncServerStreamingCall(grpc.newCall(STREAM, options), "go", listener);
            return listener;
        }

        @Override
        public void close() {
            grpc.shutdownNow();
        }
    }

    /** Takes one word at a time, and only when asked. */
    private static final class Listener implements ClientResponseObserver<String, String> {
        private final LinkedBlockingQueue<Object> events = new LinkedBlockingQueue<>();
        private ClientCallStreamObserver<String> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<String> call) {
            this.call = call;
            call.disableAutoRequestWithInitial(0);
        }

        Object next() throws InterruptedException {
            call.request(1);
            return end();
        }

        Object end() throws InterruptedException {
            return events.poll(20, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(String word) {
            events.add(word);
        }

        @Override
        public void onError(Throwable failure) {
            events.add(Status.fromThrowable(failure).getCode());
        }

        @Override
        public void onCompleted() {
            events.add(Status.Code.OK);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "tls"})
    void unary_calls_share_the_port_with_everything_else(String how) throws Exception {
        try (var server = start();
                var channel = Channel.open(server, how);
                var client = Wire.HTTP2_CLEAR.client()) {
            assertThat(channel.unary(UNARY, "four")).isEqualTo("echo 4");
            assertThat(service.virtual).hasValue(true);
            var plain = client.send(
                    HttpRequest.newBuilder(server.http("/test.Words/Unary"))
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            assertThat(plain.statusCode()).as("the router has the same path").isEqualTo(204);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "tls"})
    void each_word_of_a_stream_arrives_alone(String how) throws Exception {
        try (var server = start();
                var channel = Channel.open(server, how)) {
            var listener = channel.listen(CallOptions.DEFAULT);
            for (int i = 0; i < 30; i++) {
                service.words.add("word " + i);
                assertThat(listener.next()).isEqualTo("word " + i);
            }
            service.open.get().onCompleted();
            assertThat(listener.end()).isEqualTo(Status.Code.OK);
        }
    }

    @Test
    void a_client_that_does_not_read_stops_the_sender_and_loses_nothing() throws Exception {
        int words = 200;
        String large = "x".repeat(64 * 1024);
        try (var server = start();
                var channel = Channel.open(server, "clear")) {
            var listener = channel.listen(CallOptions.DEFAULT);
            for (int i = 0; i < words; i++) {
                service.words.add(large);
            }
            assertThat(listener.next()).isEqualTo(large);
            assertThat(service.sent.get()).isLessThan(words);
            for (int i = 1; i < words; i++) {
                assertThat(listener.next()).isEqualTo(large);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "tls"})
    void a_cancelled_call_is_noticed_while_the_sender_waits(String how) throws Exception {
        try (var server = start();
                var channel = Channel.open(server, how)) {
            var listener = channel.listen(CallOptions.DEFAULT);
            service.words.add("word");
            assertThat(listener.next()).isEqualTo("word");
            listener.call.cancel("enough", null);
            assertThat(service.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_lost_connection_is_noticed_while_the_sender_waits() throws Exception {
        try (var server = start();
                var http2 = RawHttp2.open(server.socket())) {
            http2.post(1, "/test.Words/Stream", "content-type", "application/grpc", "te", "trailers");
            http2.frame(RawHttp2.DATA, 1, 1, new byte[] {0, 0, 0, 0, 2, 'g', 'o'});
            assertThat(service.streaming.await(20, TimeUnit.SECONDS)).isTrue();
            http2.reset();
            assertThat(service.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_connection_that_is_lost_while_the_servlet_runs_is_noticed_all_the_same() throws Exception {
        var arrived = new CountDownLatch(1);
        var running = new CountDownLatch(1);
        var told = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        var call = new AtomicReference<Request>();
        BindableService slow = () -> ServerServiceDefinition.builder("test.Words")
                .addMethod(STREAM, ServerCalls.asyncServerStreamingCall((word, out) -> {
                    ((ServerCallStreamObserver<String>) out).setOnCancelHandler(cancelled::countDown);
                    // Behind all others: the servlet layer has been told by then.
                    call.get().addFailureListener(failure -> told.countDown());
                    running.countDown();
                    join(told);
                }))
                .build();
        var jetty = new Server();
        var connector = new ServerConnector(jetty, new HTTP2CServerConnectionFactory(new HttpConfiguration()));
        jetty.addConnector(connector);
        // With an executor that runs the service within the servlet's own thread.
        jetty.setHandler(
                new Handler.Wrapper(
                        new GrpcServices(List.of(slow), Set.of(), Gate.OPEN, HttpLimits.defaults(), Runnable::run)) {
                    @Override
                    public boolean handle(Request request, Response response, Callback callback) throws Exception {
                        call.set(request);
                        join(arrived);
                        return super.handle(request, response, callback);
                    }
                });
        jetty.start();
        try (var http2 = RawHttp2.open(new Socket("localhost", connector.getLocalPort()))) {
            http2.post(1, "/test.Words/Stream", "content-type", "application/grpc", "te", "trailers");
            http2.frame(RawHttp2.DATA, 1, 1, new byte[] {0, 0, 0, 0, 2, 'g', 'o'});
            http2.frame(RawHttp2.PING, 0, 0, new byte[8]);
            http2.await(RawHttp2.PING, 0);
            arrived.countDown();
            join(running);
            http2.reset();
            join(cancelled);
        } finally {
            jetty.stop();
        }
    }

    private static void join(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_deadline_ends_the_call_on_both_sides() throws Exception {
        try (var server = start();
                var channel = Channel.open(server, "clear")) {
            var listener = channel.listen(CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS));
            assertThat(listener.next()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(service.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void an_idle_stream_outlives_the_idle_timeout() throws Exception {
        try (var server = TestServer.start(
                        NOTHING_ELSE,
                        limits -> limits.idle(Duration.ofMillis(300)).heartbeat(Duration.ofMillis(100)),
                        settings -> settings.grpc(service));
                var channel = Channel.open(server, "clear")) {
            var listener = channel.listen(CallOptions.DEFAULT);
            assertThat(service.streaming.await(20, TimeUnit.SECONDS)).isTrue();
            // Three silent connections, one after the other, have been found idle: the stream has been idle as long.
            for (int i = 0; i < 3; i++) {
                try (var silent = new RawHttp1(server.socket())) {
                    silent.untilClosed();
                }
            }
            service.words.add("still there");
            assertThat(listener.next()).isEqualTo("still there");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "tls"})
    void a_request_over_four_mebibytes_is_refused(String how) throws Exception {
        try (var server = start();
                var channel = Channel.open(server, how)) {
            assertThat(channel.unary(UNARY, "x".repeat(4 << 20))).isEqualTo("echo " + (4 << 20));
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> channel.unary(UNARY, "x".repeat((4 << 20) + 1)))
                    .extracting(e -> e.getStatus().getCode())
                    .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
        }
    }

    @Test
    void a_method_that_is_not_there_is_unimplemented() throws Exception {
        try (var server = start();
                var channel = Channel.open(server, "clear")) {
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> channel.unary(MISSING, "x"))
                    .extracting(e -> e.getStatus().getCode())
                    .isEqualTo(Status.Code.UNIMPLEMENTED);
        }
    }

    @Test
    void a_stream_is_completed_by_its_owner_when_the_server_stops() throws Exception {
        try (var server = TestServer.start(
                        NOTHING_ELSE,
                        limits -> limits,
                        settings -> settings.grpc(service)
                                .onStopping(() -> service.open.get().onCompleted()));
                var channel = Channel.open(server, "clear")) {
            var listener = channel.listen(CallOptions.DEFAULT);
            assertThat(service.streaming.await(20, TimeUnit.SECONDS)).isTrue();
            server.server.stop(Duration.ofMinutes(5));
            assertThat(listener.end()).isEqualTo(Status.Code.OK);
        }
    }
}
