package dev.millrace.server.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.A2aJson;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Cancels a task. */
@Command(
        name = "cancel",
        description = "Cancels the task TASK of the A2A agent at URL.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the agent was told to stop",
            "2:wrong usage, no connection, or the server refused, as it does once a task has ended"
        })
final class CancelCommand implements Callable<Integer> {
    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Parameters(index = "1", paramLabel = "TASK", description = "The task's id.")
    private @Nullable String taskId;

    @Option(names = "--json", description = "Print the task as one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        return peer.talk(agent -> {
            Task task = agent.cancel(requireNonNull(taskId, "TASK"));
            peer.screen().line(json ? A2aJson.TASK.writeText(task) : TaskLine.of(task));
            return 0;
        });
    }
}
