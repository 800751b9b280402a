package dev.millrace.server.a2a;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.AgentCard;
import com.google.lf.a2a.v1.CancelTaskRequest;
import com.google.lf.a2a.v1.DeleteTaskPushNotificationConfigRequest;
import com.google.lf.a2a.v1.GetExtendedAgentCardRequest;
import com.google.lf.a2a.v1.GetTaskPushNotificationConfigRequest;
import com.google.lf.a2a.v1.GetTaskRequest;
import com.google.lf.a2a.v1.ListTaskPushNotificationConfigsRequest;
import com.google.lf.a2a.v1.ListTaskPushNotificationConfigsResponse;
import com.google.lf.a2a.v1.ListTasksRequest;
import com.google.lf.a2a.v1.ListTasksResponse;
import com.google.lf.a2a.v1.SendMessageRequest;
import com.google.lf.a2a.v1.SendMessageResponse;
import com.google.lf.a2a.v1.StreamResponse;
import com.google.lf.a2a.v1.SubscribeToTaskRequest;
import com.google.lf.a2a.v1.Task;
import com.google.lf.a2a.v1.TaskPushNotificationConfig;
import com.google.protobuf.Empty;
import dev.millrace.engine.Spans;
import dev.millrace.grpc.CardProto;
import dev.millrace.grpc.FromProto;
import dev.millrace.grpc.ToProto;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.server.http.HttpProblem;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC binding of A2A v1.0 (10) around {@link A2aService}, with health checks and reflection beside it. Which agent is
 * meant is told by the request's tenant ({@link Callers}).
 */
final class GrpcBinding extends A2AServiceGrpc.A2AServiceImplBase {
    private final A2aService service;
    private final Callers callers;
    private final ErrorTable errors;
    private final Spans spans;
    private final HealthStatusManager health = new HealthStatusManager();
    private final Set<GrpcCall<?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    GrpcBinding(A2aService service, Callers callers, ErrorTable errors, Spans spans) {
        this.spans = spans;
        this.service = service;
        this.callers = callers;
        this.errors = errors;
        health.setStatus(A2AServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
    }

    List<BindableService> services() {
        return List.of(
                () -> ServerInterceptors.intercept(
                        GrpcReading.tolerant(bindService(), errors), GrpcHead.interceptor(), new GrpcTrace(spans)),
                ProtoReflectionServiceV1.newInstance());
    }

    /** Health checks, which are for everybody. */
    BindableService health() {
        return health.getHealthService();
    }

    /** Ends what waits: the server stops. */
    void stop() {
        stopping = true;
        health.enterTerminalState();
        open.forEach(GrpcCall::stop);
    }

    // ---- How a call is answered

    /** A call's answer. */
    @FunctionalInterface
    private interface Answering<A> {
        A answer(Caller caller) throws InterruptedException;
    }

    /** A call that does not wait for anybody: it is answered on its own thread. */
    private <A> void answer(StreamObserver<A> out, String tenant, Answering<A> operation) {
        try {
            Caller caller = caller(tenant);
            A answer = GrpcTrace.<A, InterruptedException>within(() -> operation.answer(caller));
            out.onNext(answer);
            out.onCompleted();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | HttpProblem e) {
            out.onError(GrpcFault.of(Fault.of(e, errors)));
        }
    }

    /** What a call that may last does. */
    @FunctionalInterface
    private interface Lasting<A> {
        void run(Caller caller, GrpcCall<A> call) throws InterruptedException;
    }

    /** A call that may last, on a thread of its own. */
    private <A> void last(StreamObserver<A> observer, String tenant, Lasting<A> operation) {
        var out = (ServerCallStreamObserver<A>) observer;
        var call = new GrpcCall<A>(out);
        open.add(call);
        if (stopping) {
            call.stop();
        }
        Runnable run = Context.current().wrap(() -> {
            try {
                Caller caller = caller(tenant);
                var _ = GrpcTrace.<GrpcCall<A>, InterruptedException>within(() -> {
                    operation.run(caller, call);
                    return call;
                });
                if (!call.gone()) {
                    out.onCompleted();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | HttpProblem e) {
                if (!call.gone()) {
                    out.onError(GrpcFault.of(Fault.of(e, errors)));
                }
            } finally {
                open.remove(call);
            }
        });
        Thread.ofVirtual().name("a2a-grpc").start(run);
    }

    private Caller caller(String tenant) throws HttpProblem {
        GrpcHead head = GrpcHead.current();
        Deadline deadline = Context.current().getDeadline();
        Instant until = deadline == null ? null : Instant.now().plusNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
        Caller caller = callers.of(head, until, tenant);
        head.active(callers.active(caller));
        return caller;
    }

    // ---- The operations. Tenants are the caller's already: what is asked goes without.

    @Override
    public void sendMessage(SendMessageRequest request, StreamObserver<SendMessageResponse> out) {
        last(out, request.getTenant(), (caller, call) -> {
            var send = FromProto.sendMessage(request.toBuilder().clearTenant().build());
            try (Answer answer = service.send(caller, send)) {
                call.waitsIn(answer);
                boolean there = answer.advance();
                while (!there) {
                    there = answer.advance();
                }
                if (!call.gone()) {
                    call.out().onNext(ToProto.sendMessageResponse(answer.response()));
                }
            }
        });
    }

    @Override
    public void sendStreamingMessage(SendMessageRequest request, StreamObserver<StreamResponse> out) {
        last(out, request.getTenant(), (caller, call) -> {
            var send = FromProto.sendMessage(request.toBuilder().clearTenant().build());
            try (TaskStream stream = service.stream(caller, send)) {
                call.pump(stream, call.out(), marked(caller));
            }
        });
    }

    @Override
    public void subscribeToTask(SubscribeToTaskRequest request, StreamObserver<StreamResponse> out) {
        last(out, request.getTenant(), (caller, call) -> {
            var subscribe =
                    FromProto.subscribe(request.toBuilder().clearTenant().build());
            Long after = Resumption.after(GrpcHead.current().header(Resumption.LAST_EVENT_ID));
            try (TaskStream stream =
                    after == null ? service.subscribe(caller, subscribe) : service.resume(caller, subscribe, after)) {
                call.pump(stream, call.out(), marked(caller));
            }
        });
    }

    private static boolean marked(Caller caller) {
        return caller.extensions().contains(Resumption.URI);
    }

    @Override
    public void getTask(GetTaskRequest request, StreamObserver<Task> out) {
        last(out, request.getTenant(), (caller, call) -> {
            var get = FromProto.getTask(request.toBuilder().clearTenant().build());
            Long known = Resumption.known(GrpcHead.current().header(Resumption.KNOWN_GENERATION));
            var task = known == null ? service.get(caller, get) : service.await(caller, get, known, call::waitsIn);
            if (!call.gone()) {
                call.out().onNext(ToProto.task(task));
            }
        });
    }

    @Override
    public void listTasks(ListTasksRequest request, StreamObserver<ListTasksResponse> out) {
        answer(out, request.getTenant(), caller -> {
            var list = FromProto.listTasks(request.toBuilder().clearTenant().build());
            return ToProto.listTasksResponse(service.list(caller, list));
        });
    }

    @Override
    public void cancelTask(CancelTaskRequest request, StreamObserver<Task> out) {
        answer(out, request.getTenant(), caller -> {
            var cancel = FromProto.cancelTask(request.toBuilder().clearTenant().build());
            return ToProto.task(service.cancel(caller, cancel));
        });
    }

    @Override
    public void createTaskPushNotificationConfig(
            TaskPushNotificationConfig request, StreamObserver<TaskPushNotificationConfig> out) {
        answer(out, request.getTenant(), caller -> {
            var config = FromProto.pushConfig(request.toBuilder().clearTenant().build());
            return ToProto.pushConfig(service.createPush(caller, config));
        });
    }

    @Override
    public void getTaskPushNotificationConfig(
            GetTaskPushNotificationConfigRequest request, StreamObserver<TaskPushNotificationConfig> out) {
        answer(out, request.getTenant(), caller -> {
            var get = FromProto.getPushConfig(request.toBuilder().clearTenant().build());
            return ToProto.pushConfig(service.getPush(caller, get));
        });
    }

    @Override
    public void listTaskPushNotificationConfigs(
            ListTaskPushNotificationConfigsRequest request,
            StreamObserver<ListTaskPushNotificationConfigsResponse> out) {
        answer(out, request.getTenant(), caller -> {
            var list =
                    FromProto.listPushConfigs(request.toBuilder().clearTenant().build());
            return ToProto.pushConfigs(service.listPushes(caller, list));
        });
    }

    @Override
    public void deleteTaskPushNotificationConfig(
            DeleteTaskPushNotificationConfigRequest request, StreamObserver<Empty> out) {
        answer(out, request.getTenant(), caller -> {
            var delete =
                    FromProto.deletePushConfig(request.toBuilder().clearTenant().build());
            service.deletePush(caller, delete);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void getExtendedAgentCard(GetExtendedAgentCardRequest request, StreamObserver<AgentCard> out) {
        answer(out, request.getTenant(), caller -> {
            var get = FromProto.getExtendedAgentCard(
                    request.toBuilder().clearTenant().build());
            return CardProto.of(service.extendedCard(caller, get));
        });
    }
}
