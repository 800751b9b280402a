package dev.millrace.agents.remote;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aClientBuilder;
import dev.millrace.client.CallHead;
import dev.millrace.client.CallInterceptor;
import dev.millrace.engine.Span;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The connection to an agent that is somewhere else. It is made when it is first needed, and kept. Any thread. */
final class RemotePeer implements AutoCloseable {
    private final RemoteConfig config;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile @Nullable A2aClient client;

    RemotePeer(RemoteConfig config) {
        this.config = config;
    }

    RemoteConfig config() {
        return config;
    }

    /** Reads its card, the first time. Fails as the client does. */
    A2aClient client() {
        A2aClient made = client;
        if (made != null) {
            return made;
        }
        connecting.lock();
        try {
            A2aClient now = client;
            if (now == null) {
                A2aClientBuilder builder = A2aClient.at(config.url());
                if (config.token() != null) {
                    builder.bearerToken(config.token());
                }
                config.headers().forEach(builder::header);
                builder.intercept(new CallInterceptor() {
                    @Override
                    public void before(CallHead call) {
                        Span.current().carry(call::header);
                    }
                });
                now = builder.connect();
                client = now;
            }
            return now;
        } finally {
            connecting.unlock();
        }
    }

    /** Whether it promises to know a message again, and to let names for conversations be ours. */
    boolean knowsAgain() {
        return client().card()
                .filter(card -> card.capabilities().extensions().stream()
                        .anyMatch(extension -> A2aClient.RESUMABLE.equals(extension.uri())))
                .isPresent();
    }

    /**
     * Cancels what a message began there. Where that was not told yet, and the other one knows messages again, it is asked by
     * sending it once more.
     *
     * @param task null = not known
     */
    void cancel(@Nullable String task, Message message) {
        String begun = task;
        if (begun == null && knowsAgain()) {
            var again = new SendMessageRequest(null, message, SendMessageConfiguration.immediately(), null);
            begun = client().send(again) instanceof Task known ? known.id() : null;
        }
        if (begun != null) {
            client().cancel(begun);
        }
    }

    /** The same for the same words. */
    String idOf(String words) {
        return UUID.nameUUIDFromBytes((config.url() + " " + words).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    @Override
    public void close() {
        A2aClient made = client;
        if (made != null) {
            made.close();
        }
    }
}
