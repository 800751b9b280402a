package dev.millrace.server.cli;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Lists tasks, the newest status first. */
@Command(
        name = "list",
        description = "Lists the tasks of the A2A agent at URL, the newest status first.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:they were listed", "2:wrong usage, no connection, or the server refused"})
final class ListCommand implements Callable<Integer> {
    /** As much as one page may hold (A2A v1.0, 3.1.4). */
    private static final int PAGE = 100;

    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Option(names = "--context", paramLabel = "ID", description = "Only those of this conversation.")
    private @Nullable String contextId;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            converter = StateName.class,
            description = "Only those in this state, such as working or input-required.")
    private @Nullable TaskState state;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "At most so many; 0 for all. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "Print each task as one line of JSON, with what it made.")
    private boolean json;

    static final class StateName implements ITypeConverter<TaskState> {
        @Override
        public TaskState convert(String value) {
            String name = value.toUpperCase(Locale.ROOT).replace('-', '_').replaceFirst("^TASK_STATE_", "");
            return Arrays.stream(TaskState.values())
                    .filter(state -> state.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("\"" + value + "\" is none of "
                            + Arrays.stream(TaskState.values())
                                    .map(TaskLine::name)
                                    .collect(Collectors.joining(", "))));
        }
    }

    @Override
    public Integer call() throws Exception {
        return peer.talk(agent -> {
            Screen screen = peer.screen();
            int left = limit == 0 ? Integer.MAX_VALUE : limit;
            String page = null;
            do {
                ListTasksResponse tasks = agent.listTasks(
                        new ListTasksRequest(null, contextId, state, Math.min(left, PAGE), page, null, null, json));
                for (Task task : tasks.tasks()) {
                    screen.line(json ? A2aJson.TASK.writeText(task) : TaskLine.of(task));
                }
                left -= tasks.tasks().size();
                page = tasks.nextPageToken();
                if (left <= 0 && !page.isEmpty() && !json) {
                    screen.say(limit + " of " + tasks.totalSize() + " tasks; --limit 0 lists all");
                }
            } while (left > 0 && !page.isEmpty());
            return 0;
        });
    }
}
