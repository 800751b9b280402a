package dev.millrace.engine;

import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * A process of its own on a store: sends itself a message, and answers it with one word after the other until somebody
 * takes the task away.
 */
final class ReplicaProcess {
    private ReplicaProcess() {}

    /** Arguments: the store's URL, the lease in ms. Prints the chat's and the task's id, then "lost" when it lost it. */
    public static void main(String[] arguments) throws InterruptedException {
        var settings = EngineSettings.defaults()
                .withLease(Duration.ofMillis(Long.parseLong(arguments[1])))
                .withLookAgain(Duration.ofHours(1));
        var store = PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(arguments[0])));
        try (var engine = new Engine(store, AgentCatalog.of("test", ReplicaProcess::talk), settings)) {
            engine.start();
            Sent sent = engine.send(Send.chat("me", null, Message.user(engine.newId(), "the whole answer"), null));
            System.out.println(sent.contextId() + " " + sent.taskId());
            new CountDownLatch(1).await();
        }
    }

    private static void talk(Turn turn) throws InterruptedException {
        try {
            while (!turn.cancelled()) {
                turn.say("never to be read again ");
                turn.flush();
                LockSupport.parkNanos(2_000_000);
            }
        } catch (TurnLost e) {
            System.out.println("lost");
            throw e;
        }
        System.out.println("lost");
    }
}
