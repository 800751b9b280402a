package dev.millrace.server.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.client.TaskStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Follows a task that was begun before. */
@Command(
        name = "subscribe",
        description = "Prints what the task TASK of the A2A agent at URL has made, and what it makes as it comes.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the task was completed",
            "1:it failed, was rejected or was canceled",
            "2:wrong usage, no connection, or the server refused",
            "3:the agent needs an answer or credentials from you"
        })
final class SubscribeCommand implements Callable<Integer> {
    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Parameters(index = "1", paramLabel = "TASK", description = "The task's id.")
    private @Nullable String taskId;

    @Option(
            names = "--after",
            paramLabel = "ID",
            description = "Only what came after this event, of a server that gives events ids.")
    private @Nullable String after;

    @Option(names = "--json", description = "Print each event as one line of JSON instead of the text.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        return peer.talk(agent -> {
            try (TaskStream stream = agent.subscribe(requireNonNull(taskId, "TASK"), after)) {
                return new Following(peer.screen(), json, peer.url()).follow(stream, false);
            }
        });
    }
}
