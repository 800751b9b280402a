package dev.millrace.examples;

import dev.millrace.client.A2aClient;
import dev.millrace.client.Binding;
import dev.millrace.client.TaskStream;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Gives each message to several other agents at once, over whatever binding each is reached by, and passes on what they say
 * the moment they say it: one artifact for each.
 *
 * <p>If this process dies, its turn is run again; the workers know each message by its id and context, so they do not begin
 * anew but give the same task, from its beginning.
 */
public final class Coordinator implements Agent, AutoCloseable {
    private final Map<String, A2aClient> workers;

    /** @param workers by the names that their artifacts get; they are closed with this agent */
    public Coordinator(Map<String, A2aClient> workers) {
        this.workers = new LinkedHashMap<>(workers);
    }

    @Override
    public void run(Turn turn) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var underWay = new ArrayList<Future<Void>>();
            workers.forEach((name, worker) -> {
                Callable<Void> asking = () -> {
                    ask(turn, name, worker);
                    return null;
                };
                underWay.add(threads.submit(asking));
            });
            try {
                for (Future<Void> each : underWay) {
                    each.get();
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            } finally {
                threads.shutdownNow(); // one that failed, or a turn that was cancelled, ends all
            }
        }
    }

    private static void ask(Turn turn, String name, A2aClient worker) {
        Message message = Message.user(
                        turn.message().messageId() + "/" + name, turn.message().text())
                .in(turn.contextId() + "-" + name, null);
        var whole = new TaskFold();
        try (TaskStream events = worker.stream(message)) {
            turn.onCancel(events::close);
            for (StreamResponse event : events) {
                whole.apply(event);
                if (event instanceof TaskArtifactUpdateEvent update && update.append()) {
                    turn.artifact(name).say(update.artifact().text());
                } else if (event instanceof TaskArtifactUpdateEvent update) {
                    turn.artifact(name).name(name).say(update.artifact().text());
                }
            }
        }
        Task task = whole.task();
        if (task.status().state() != TaskState.COMPLETED) {
            throw new IllegalStateException(name + " ended in " + task.status().state() + " and not with an answer");
        }
    }

    @Override
    public void close() {
        workers.values().forEach(A2aClient::close);
    }

    /** Two workers and their coordinator, each a server of its own. */
    public static void main(String[] args) throws Exception {
        Millrace loud = Millrace.with(
                        "loud", turn -> turn.say(turn.message().text().toUpperCase(java.util.Locale.ROOT)))
                .start();
        Millrace reversed = Millrace.with(
                        "reversed",
                        turn -> turn.say(new StringBuilder(turn.message().text())
                                .reverse()
                                .toString()))
                .start();
        var coordinator = new Coordinator(Map.of(
                "loud",
                A2aClient.at(loud.uri()).bindings(Binding.JSONRPC).connect(),
                "reversed",
                A2aClient.at(reversed.uri()).bindings(Binding.GRPC).connect()));
        Millrace server = Millrace.with("coordinator", coordinator).port(8080).start();
        System.out.println("coordinating on " + server.uri());
    }
}
