package dev.millrace.client;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.protobuf.Empty;
import dev.millrace.grpc.FromProto;
import dev.millrace.grpc.ToProto;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.function.Function;

/**
 * How an operation goes in gRPC.
 *
 * @param <Q> the request, and {@code P} its message
 * @param <A> the answer, and {@code R} its message
 */
record GrpcMethod<Q, P, R, A>(MethodDescriptor<P, R> method, Function<Q, P> to, Function<R, A> from) {
    private static final Map<Operation<?, ?>, GrpcMethod<?, ?, ?, ?>> METHODS = Map.ofEntries(
            entry(
                    Operation.SEND_MESSAGE,
                    A2AServiceGrpc.getSendMessageMethod(),
                    ToProto::sendMessage,
                    FromProto::sendMessageResponse),
            entry(
                    Operation.SEND_STREAMING_MESSAGE,
                    A2AServiceGrpc.getSendStreamingMessageMethod(),
                    ToProto::sendMessage,
                    FromProto::streamResponse),
            entry(Operation.GET_TASK, A2AServiceGrpc.getGetTaskMethod(), ToProto::getTask, FromProto::task),
            entry(
                    Operation.LIST_TASKS,
                    A2AServiceGrpc.getListTasksMethod(),
                    ToProto::listTasks,
                    FromProto::listTasksResponse),
            entry(Operation.CANCEL_TASK, A2AServiceGrpc.getCancelTaskMethod(), ToProto::cancelTask, FromProto::task),
            entry(
                    Operation.SUBSCRIBE_TO_TASK,
                    A2AServiceGrpc.getSubscribeToTaskMethod(),
                    ToProto::subscribe,
                    FromProto::streamResponse),
            entry(
                    Operation.CREATE_PUSH_CONFIG,
                    A2AServiceGrpc.getCreateTaskPushNotificationConfigMethod(),
                    ToProto::pushConfig,
                    FromProto::pushConfig),
            entry(
                    Operation.GET_PUSH_CONFIG,
                    A2AServiceGrpc.getGetTaskPushNotificationConfigMethod(),
                    ToProto::getPushConfig,
                    FromProto::pushConfig),
            entry(
                    Operation.LIST_PUSH_CONFIGS,
                    A2AServiceGrpc.getListTaskPushNotificationConfigsMethod(),
                    ToProto::listPushConfigs,
                    FromProto::pushConfigs),
            entry(
                    Operation.DELETE_PUSH_CONFIG,
                    A2AServiceGrpc.getDeleteTaskPushNotificationConfigMethod(),
                    ToProto::deletePushConfig,
                    (Empty nothing) -> Operation.Done.DONE),
            entry(
                    Operation.GET_EXTENDED_CARD,
                    A2AServiceGrpc.getGetExtendedAgentCardMethod(),
                    ToProto::getExtendedAgentCard,
                    FromProto::agentCard));

    private static <Q, P, R, A> Map.Entry<Operation<?, ?>, GrpcMethod<?, ?, ?, ?>> entry(
            Operation<Q, A> operation, MethodDescriptor<P, R> method, Function<Q, P> to, Function<R, A> from) {
        return Map.entry(operation, new GrpcMethod<>(method, to, from));
    }

    /** The method of an operation; what the table pairs is of the operation's types. */
    @SuppressWarnings("unchecked")
    static <Q, A> GrpcMethod<Q, ?, ?, A> of(Operation<Q, A> operation) {
        var method = (GrpcMethod<Q, ?, ?, A>) METHODS.get(operation);
        if (method == null) {
            throw new IllegalArgumentException("no method for " + operation.name());
        }
        return method;
    }
}
