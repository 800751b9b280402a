package dev.millrace.server.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.operation.GetTaskRequest;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows a task as it is now. */
@Command(
        name = "get",
        description = "Shows the task TASK of the A2A agent at URL: what it made, and where it stands.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it was shown", "2:wrong usage, no connection, or the server refused"})
final class GetCommand implements Callable<Integer> {
    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Parameters(index = "1", paramLabel = "TASK", description = "The task's id.")
    private @Nullable String taskId;

    @Option(names = "--history", paramLabel = "N", description = "With its newest N messages. Default: the server's.")
    private @Nullable Integer history;

    @Option(names = "--json", description = "Print the task as one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        return peer.talk(agent -> {
            Task task = agent.getTask(new GetTaskRequest(null, requireNonNull(taskId, "TASK"), history));
            Screen screen = peer.screen();
            if (json) {
                screen.line(A2aJson.TASK.writeText(task));
            } else {
                screen.show(task);
                screen.say(TaskLine.of(task));
            }
            return 0;
        });
    }
}
