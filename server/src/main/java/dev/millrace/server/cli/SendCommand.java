package dev.millrace.server.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aClientBuilder;
import dev.millrace.client.A2aException;
import dev.millrace.client.ConnectionFailed;
import dev.millrace.client.TaskStream;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends a message to an A2A agent and prints the answer as it is made. */
@Command(
        name = "send",
        description = "Sends TEXT to the A2A agent at URL and prints its answer as it comes.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the task was completed",
            "1:it failed, was rejected or was canceled",
            "2:wrong usage, no connection, or the server refused",
            "3:the agent needs an answer or credentials from you"
        })
public final class SendCommand implements Callable<Integer> {
    static final int COMPLETED = 0;
    static final int NOT_COMPLETED = 1;
    static final int NOT_SENT = 2;
    static final int NEEDS_YOU = 3;

    /** On the way out there is nobody left to wait for long. */
    private static final Duration CANCEL_WAIT = Duration.ofSeconds(3);

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "URL", description = "The agent's server, its card, or its JSON-RPC interface.")
    private @Nullable URI url;

    @Parameters(paramLabel = "TEXT", description = "What to say; - reads it from standard input.")
    private @Nullable String text;

    @Option(names = "--json", description = "Print each event as one line of JSON instead of the text.")
    private boolean json;

    @Option(names = "--context", paramLabel = "ID", description = "Go on with this conversation.")
    private @Nullable String contextId;

    @Option(names = "--task", paramLabel = "ID", description = "Answer this task, which waits for you.")
    private @Nullable String taskId;

    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            description = "Send this header with each request; may be repeated.")
    private List<String> headers = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = TimeOption.class,
            description = "Wait at most this long in all, such as 90s or 5m. Default: as long as it takes.")
    private @Nullable Duration timeout;

    @Option(
            names = "--cancel-on-exit",
            description = "Cancel the task when this command is stopped before its end. Otherwise the task goes on.")
    private boolean cancelOnExit;

    private volatile boolean timedOut;

    @Override
    public Integer call() throws Exception {
        CommandSpec command = spec();
        PrintWriter err = command.commandLine().getErr();
        var screen = new Screen(command.commandLine().getOut(), err, Ansi.AUTO.enabled());
        Message message = message();
        try (A2aClient client = builder().connect();
                TaskStream stream = client.stream(message)) {
            Thread onExit = new Thread(() -> cancel(stream), "cancel on exit");
            if (cancelOnExit) {
                Runtime.getRuntime().addShutdownHook(onExit);
            }
            Thread clock = clock(stream);
            try {
                return follow(stream, screen);
            } finally {
                clock.interrupt();
                if (cancelOnExit) {
                    forget(onExit);
                }
                if (cancelOnExit && timedOut) {
                    cancel(stream);
                }
            }
        } catch (A2aException refused) {
            screen.say("the server refused: " + refused.getMessage() + " (" + refused.code() + ")");
            return NOT_SENT;
        } catch (ConnectionFailed failed) {
            screen.say(String.valueOf(failed.getMessage()));
            return NOT_SENT;
        }
    }

    private int follow(TaskStream stream, Screen screen) {
        boolean answering = taskId != null;
        for (StreamResponse event : stream) {
            if (json) {
                screen.line(A2aJson.STREAM_RESPONSE.writeText(event));
            } else {
                screen.show(event);
            }
            boolean stale = answering;
            answering = false;
            Integer end =
                    switch (event) {
                        // Some servers begin with the task as it was, still waiting for the answer that is being sent.
                        case Task task when stale && task.status().state().interrupted() -> null;
                        case Task task -> end(task.status(), task.id(), screen);
                        case TaskStatusUpdateEvent update -> end(update.status(), update.taskId(), screen);
                        default -> null;
                    };
            if (end != null) {
                screen.end();
                return end;
            }
        }
        screen.end();
        if (timedOut) {
            String task = stream.taskId();
            screen.say("no end after " + timeout + (task == null || cancelOnExit ? "" : "; task " + task + " goes on"));
            return NOT_SENT;
        }
        return COMPLETED; // a message was the whole answer
    }

    /** The exit code that this status means; null if the task goes on. */
    private @Nullable Integer end(TaskStatus status, String task, Screen screen) {
        return switch (status.state()) {
            case SUBMITTED, WORKING -> null;
            case COMPLETED -> COMPLETED;
            case FAILED, REJECTED, CANCELED -> {
                screen.ended(status, "the task was " + status.state().name().toLowerCase(Locale.ROOT));
                yield NOT_COMPLETED;
            }
            case INPUT_REQUIRED, AUTH_REQUIRED -> {
                screen.ended(status, "the agent waits for you");
                screen.say("answer with: millrace send " + url + " --task " + task + " TEXT");
                yield NEEDS_YOU;
            }
        };
    }

    private Message message() throws IOException {
        String said = "-".equals(text) ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : text;
        if (said == null || said.isBlank()) {
            throw new ParameterException(spec().commandLine(), "TEXT is empty: say something to the agent");
        }
        return Message.user(UUID.randomUUID().toString(), said).in(contextId, taskId);
    }

    private A2aClientBuilder builder() {
        try {
            A2aClientBuilder builder = A2aClient.at(requireNonNull(url, "URL"));
            for (String header : headers) {
                int colon = header.indexOf(':');
                if (colon < 1) {
                    throw new IllegalArgumentException("--header \"" + header + "\" must look like 'Name: value'");
                }
                builder.header(
                        header.substring(0, colon).strip(),
                        header.substring(colon + 1).strip());
            }
            return builder;
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
    }

    /** Closes the stream when the time is over, which ends the loop that reads it. */
    private Thread clock(TaskStream stream) {
        Duration time = timeout;
        return Thread.startVirtualThread(() -> {
            if (time == null) {
                return;
            }
            try {
                Thread.sleep(time);
                timedOut = true;
                stream.close();
            } catch (InterruptedException e) {
                // it ended in time
            }
        });
    }

    private void cancel(TaskStream stream) {
        String task = stream.taskId();
        if (task == null || stream.complete()) {
            return;
        }
        // A client of its own: the one in use may be closed by now, and must not hold up the exit.
        try (A2aClient client = builder()
                .connectTimeout(CANCEL_WAIT)
                .requestTimeout(CANCEL_WAIT)
                .connect()) {
            client.cancel(task);
        } catch (A2aException | ConnectionFailed e) {
            spec().commandLine().getErr().println("task " + task + " could not be cancelled: " + e.getMessage());
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyExiting) {
            // then the hook is what runs now
        }
    }

    private CommandSpec spec() {
        return requireNonNull(spec, "picocli sets the spec before it calls");
    }
}
