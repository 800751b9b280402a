package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.GetTaskRequest;
import com.google.lf.a2a.v1.Message;
import com.google.lf.a2a.v1.Part;
import com.google.lf.a2a.v1.Role;
import com.google.lf.a2a.v1.SendMessageConfiguration;
import com.google.lf.a2a.v1.SendMessageRequest;
import com.google.lf.a2a.v1.StreamResponse;
import com.google.lf.a2a.v1.Task;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.TaskState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is gRPC's own. What it has in common with the other bindings is in {@link MustTest}. */
@Timeout(120)
class GrpcBindingTest {
    private final Gate gate = new Gate();
    private A2aHouse house;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws Exception {
        house = new A2aHouse(
                new MemoryStore(),
                new AgentCatalog(List.of(
                        new AgentCatalog.Listing("gate", "waits", gate),
                        new AgentCatalog.Listing("quick", "does not", turn -> turn.say("quick")))));
        channel = Tongue.channel(house);
    }

    @AfterEach
    void close() {
        gate.openAll();
        channel.shutdownNow();
        house.close();
    }

    private A2AServiceGrpc.A2AServiceBlockingStub stub() {
        var metadata = new Metadata();
        metadata.put(Metadata.Key.of("a2a-version", Metadata.ASCII_STRING_MARSHALLER), "1.0");
        return A2AServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static SendMessageRequest.Builder say(String text) {
        return SendMessageRequest.newBuilder()
                .setMessage(Message.newBuilder()
                        .setMessageId(UUID.randomUUID().toString())
                        .setRole(Role.ROLE_USER)
                        .addParts(Part.newBuilder().setText(text)));
    }

    private Task immediately(String text) {
        return stub().sendMessage(say(text)
                        .setConfiguration(SendMessageConfiguration.newBuilder().setReturnImmediately(true))
                        .build())
                .getTask();
    }

    @Test
    void the_tenant_names_the_agent_as_the_card_says() {
        Task task = stub().sendMessage(say("x").setTenant("quick").build()).getTask();
        assertThat(task.getArtifacts(0).getParts(0).getText()).isEqualTo("quick");
        assertThat(stub().getTask(GetTaskRequest.newBuilder()
                                .setTenant("quick")
                                .setId(task.getId())
                                .build())
                        .getId())
                .isEqualTo(task.getId());
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> stub().getTask(
                                GetTaskRequest.newBuilder().setId(task.getId()).build()))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    /** A trailer that begins or ends with a space ends the stream in its place. */
    @ParameterizedTest
    @ValueSource(strings = {" ", "  ", "x ", " x", "\u00a0", "\t", "\n "})
    void an_error_reaches_the_client_though_what_it_quotes_ends_with_a_space(String id) {
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() ->
                        stub().getTask(GetTaskRequest.newBuilder().setId(id).build()))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    /** Trailers of more than 8 KiB do not reach the client. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "é", "€", "\uD83D\uDE00"})
    void what_quotes_the_request_is_cut_where_trailers_have_no_more_room(String each) {
        String id = each.repeat(5_000);
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() ->
                        stub().getTask(GetTaskRequest.newBuilder().setId(id).build()))
                .satisfies(e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                    assertThat(e.getStatus().getDescription())
                            .contains(each + each)
                            .endsWith("…");
                    assertThat(String.valueOf(StatusProto.fromThrowable(e))).contains("TASK_NOT_FOUND");
                });
    }

    @Test
    void a_deadline_ends_the_wait_and_not_the_task() {
        var message = say("one");
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() ->
                        stub().withDeadlineAfter(300, TimeUnit.MILLISECONDS).sendMessage(message.build()))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        gate.openAll();
        Task task = stub().sendMessage(say("another").build()).getTask();
        assertThat(task.getStatus().getStateValue()).isEqualTo(TaskState.COMPLETED.number());
    }

    @Test
    void a_client_that_leaves_its_stream_does_not_touch_the_task() throws Exception {
        Iterator<StreamResponse> stream =
                stub().sendStreamingMessage(say("one two").build());
        String id = stream.next().getTask().getId();
        gate.open(1);
        channel.shutdownNow();
        channel = Tongue.channel(house);
        gate.openAll();
        assertThat(A2aHouse.answer(house.awaitState(id, TaskState.COMPLETED))).isEqualTo("one two ");
    }

    @Test
    void a_thousand_events_reach_a_slow_reader_in_their_order() {
        gate.openAll();
        String words = "w ".repeat(1000).strip();
        Iterator<StreamResponse> stream = stub().sendStreamingMessage(say(words).build());
        var text = new StringBuilder();
        stream.forEachRemaining(event -> {
            if (event.hasArtifactUpdate()) {
                if (!event.getArtifactUpdate().getAppend()) {
                    text.setLength(0);
                }
                text.append(event.getArtifactUpdate().getArtifact().getParts(0).getText());
            }
        });
        assertThat(text.toString()).isEqualTo(words + " ");
    }

    @Test
    void a_server_that_stops_ends_its_streams_with_unavailable() throws Exception {
        Iterator<StreamResponse> stream = stub().sendStreamingMessage(say("one").build());
        stream.next();
        var stopped = CompletableFuture.runAsync(() -> house.server.stop(java.time.Duration.ofSeconds(20)));
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> stream.forEachRemaining(event -> {}))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
        stopped.get(30, TimeUnit.SECONDS);
    }

    @Test
    void health_and_reflection_are_there() throws Exception {
        assertThat(HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.newBuilder()
                                .setService(A2AServiceGrpc.SERVICE_NAME)
                                .build())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
        var services = new CompletableFuture<List<String>>();
        var requests = ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new StreamObserver<>() {
            @Override
            public void onNext(ServerReflectionResponse response) {
                services.complete(response.getListServicesResponse().getServiceList().stream()
                        .map(ServiceResponse::getName)
                        .toList());
            }

            @Override
            public void onError(Throwable t) {
                services.completeExceptionally(t);
            }

            @Override
            public void onCompleted() {}
        });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        assertThat(services.get(20, TimeUnit.SECONDS)).contains("lf.a2a.v1.A2AService", "grpc.health.v1.Health");
        requests.onCompleted();
    }

    @Test
    void an_immediate_task_goes_on() {
        Task task = immediately("one");
        gate.openAll();
        house.awaitState(task.getId(), TaskState.COMPLETED);
    }
}
