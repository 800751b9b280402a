package dev.millrace.server.cli;

import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.server.config.BadSetting;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code millrace}: the root of the command line. */
@Command(
        name = "millrace",
        description = "Runs AI agents and streams what they make the moment it exists, and loses none of it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class MillraceCommand {
    /** It could not be done: a port or folder in use, a server that is away. */
    static final int FAILED = 1;

    /** It was asked for in a way that can't be done. */
    static final int USAGE = 2;

    private MillraceCommand() {}

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] args) {
        run(args, List.of());
    }

    /**
     * As {@link #main}, for a program with agents of its own: {@code serve} offers them before those that are always
     * there, so the first is the default one.
     */
    public static void run(String[] args, List<Listing> agents) {
        // What a command is asked to print comes first: until serve says otherwise, the log is for what goes wrong.
        Logging.start(Level.WARN);
        System.exit(execute(System.getenv(), agents, args));
    }

    private static int execute(Map<String, String> environment, List<Listing> agents, String... args) {
        List<String> line = List.of(args);
        ServeCommand serve = line.isEmpty() || !line.getFirst().equals("serve")
                ? null
                : ServeCommand.plainly(environment, agents, line.subList(1, line.size()), utf8(System.out));
        if (serve == null) {
            return commandLine(environment, agents, args).execute(args);
        }
        try {
            return serve.call();
        } catch (Exception e) {
            return failed(e, utf8(System.err));
        }
    }

    /** Whatever encoding the terminal claims: what streams through here is UTF-8. */
    private static PrintWriter utf8(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    static CommandLine commandLine(Map<String, String> environment, String... args) {
        return commandLine(environment, List.of(), args);
    }

    /** @param args what is to be executed: the commands that it does not name need not be known */
    private static CommandLine commandLine(Map<String, String> environment, List<Listing> agents, String... args) {
        var commands = new LinkedHashMap<String, Supplier<Object>>();
        commands.put("serve", () -> new ServeCommand(environment, agents));
        commands.put("send", () -> asClient(new SendCommand()));
        commands.put("get", () -> asClient(new GetCommand()));
        commands.put("list", () -> asClient(new ListCommand()));
        commands.put("cancel", () -> asClient(new CancelCommand()));
        commands.put("subscribe", () -> asClient(new SubscribeCommand()));
        commands.put("card", () -> asClient(new CardCommand()));
        commands.put("rehearse", RehearseCommand::new);
        commands.put("link", LinkCommand::new);
        commands.put("keys", KeyCommand::new);
        // The library takes its time to look at a command's options, and a start is not to wait while it looks at all.
        Supplier<Object> named = args.length == 0 ? null : commands.get(args[0]);
        var root = new CommandLine(new MillraceCommand());
        for (Supplier<Object> each : named == null ? commands.values() : List.of(named)) {
            root.addSubcommand(each.get());
        }
        root.setOut(utf8(System.out));
        root.setErr(utf8(System.err));
        root.setParameterExceptionHandler(MillraceCommand::misused);
        root.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command.getErr()));
        return root;
    }

    private static CommandLine asClient(Object command) {
        var line = new CommandLine(command);
        line.getCommandSpec().mixinStandardHelpOptions(true);
        return line;
    }

    private static int misused(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        if (args.length == 0) {
            command.usage(command.getErr());
            return USAGE;
        }
        command.getErr().println("millrace: " + message);
        command.getErr()
                .println("Try '" + command.getCommandSpec().qualifiedName() + " --help' for the options there are.");
        return USAGE;
    }

    private static int failed(Exception e, PrintWriter err) {
        err.println("millrace: " + e.getMessage());
        return switch (e) {
            case BadSetting bad -> USAGE;
            case IOException io -> FAILED;
            case StoreFailure failure -> FAILED;
            default -> {
                LoggerFactory.getLogger(MillraceCommand.class).error("this should not have happened", e);
                yield FAILED;
            }
        };
    }
}
