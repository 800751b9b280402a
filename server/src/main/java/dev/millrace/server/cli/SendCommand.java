package dev.millrace.server.cli;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aException;
import dev.millrace.client.ConnectionFailed;
import dev.millrace.client.TaskStream;
import dev.millrace.protocol.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

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
    /** On the way out there is nobody left to wait for long. */
    private static final Duration CANCEL_WAIT = Duration.ofSeconds(3);

    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Parameters(index = "1", paramLabel = "TEXT", description = "What to say; - reads it from standard input.")
    private @Nullable String text;

    @Option(names = "--json", description = "Print each event as one line of JSON instead of the text.")
    private boolean json;

    @Option(names = "--context", paramLabel = "ID", description = "Go on with this conversation.")
    private @Nullable String contextId;

    @Option(names = "--task", paramLabel = "ID", description = "Answer this task, which waits for you.")
    private @Nullable String taskId;

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
        Message message = message();
        return peer.talk(client -> {
            try (TaskStream stream = client.stream(message)) {
                Thread onExit = new Thread(() -> cancel(stream), "cancel on exit");
                if (cancelOnExit) {
                    Runtime.getRuntime().addShutdownHook(onExit);
                }
                Thread clock = clock(stream);
                try {
                    return follow(stream);
                } finally {
                    clock.interrupt();
                    if (cancelOnExit) {
                        forget(onExit);
                    }
                    if (cancelOnExit && timedOut) {
                        cancel(stream);
                    }
                }
            }
        });
    }

    private int follow(TaskStream stream) {
        Screen screen = peer.screen();
        int end = new Following(screen, json, peer.url()).follow(stream, taskId != null);
        if (timedOut && !stream.complete()) {
            String task = stream.taskId();
            screen.say("no end after " + timeout + (task == null || cancelOnExit ? "" : "; task " + task + " goes on"));
            return PeerOptions.REFUSED;
        }
        return end;
    }

    private Message message() throws IOException {
        String said = "-".equals(text) ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : text;
        if (said == null || said.isBlank()) {
            throw new ParameterException(peer.spec().commandLine(), "TEXT is empty: say something to the agent");
        }
        return Message.user(UUID.randomUUID().toString(), said).in(contextId, taskId);
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
        try (A2aClient client = peer.builder()
                .connectTimeout(CANCEL_WAIT)
                .requestTimeout(CANCEL_WAIT)
                .connect()) {
            client.cancel(task);
        } catch (A2aException | ConnectionFailed e) {
            peer.spec().commandLine().getErr().println("task " + task + " could not be cancelled: " + e.getMessage());
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyExiting) {
            // then the hook is what runs now
        }
    }
}
