package dev.millrace.server.cli;

import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.BadSetting;
import dev.millrace.server.config.ConfigFile;
import dev.millrace.server.config.ModelSettings;
import dev.millrace.server.config.Settings;
import dev.millrace.server.config.StoreSettings;
import dev.millrace.server.config.TracingConfig;
import dev.millrace.server.files.FileSourceConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace serve}: serves until it is told to stop. */
@Command(
        name = "serve",
        description = "Serves agents and files until it is told to stop (SIGTERM or Ctrl-C).",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "The command line wins over the configuration file. When the server is ready,",
            "one line says so on standard output; the log goes to standard error."
        })
final class ServeCommand implements Callable<Integer> {
    private static final Set<String> FLAGS = Set.of("--insecure", "--memory");
    private static final Set<String> REPEATED = Set.of("--files");

    private final Map<String, String> environment;
    private final List<Listing> own;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on. Default: 127.0.0.1")
    private @Nullable String host;

    @Option(
            names = "--insecure",
            description = "Listen on an address that others can reach though nobody has to prove who he is.")
    private boolean insecure;

    @Option(names = "--port", paramLabel = "N", description = "Port to listen on; 0 takes a free one. Default: 8080")
    private @Nullable Integer port;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder that everything is kept in. Default: ./data")
    private @Nullable Path data;

    @Option(
            names = "--memory",
            description = "Keep everything in memory, in half of the heap; it is gone when the server stops.")
    private boolean memory;

    @Option(
            names = "--store",
            paramLabel = "URL",
            description = "postgresql://user:password@host/database: keep everything there; any number of servers may"
                    + " share it.")
    private @Nullable String store;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration, see millrace.example.yaml.")
    private @Nullable Path config;

    @Option(names = "--files", paramLabel = "NAME=DIR", description = "Serve DIR at /files/NAME/. May be repeated.")
    private List<String> files = List.of();

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate chain, PEM. The port speaks TLS too.")
    private @Nullable Path tlsCert;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The certificate's private key, PEM (PKCS #8).")
    private @Nullable Path tlsKey;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description = "ERROR, WARN, INFO, DEBUG or TRACE. Default: LOG_LEVEL of the environment, or INFO")
    private @Nullable String logLevel;

    /** Where the ready line goes. */
    private @Nullable PrintWriter out;

    /** @param own agents that come before those that are always there */
    ServeCommand(Map<String, String> environment, List<Listing> own) {
        this.environment = environment;
        this.own = own;
    }

    /**
     * This command as the line says; null if that is not {@linkplain PlainOptions plain}.
     *
     * @param line what stands behind the command's name
     * @param out where the ready line goes
     */
    static @Nullable ServeCommand plainly(
            Map<String, String> environment, List<Listing> own, List<String> line, PrintWriter out) {
        var command = new ServeCommand(environment, own);
        command.out = out;
        return PlainOptions.read(line, FLAGS, REPEATED, command::take) ? command : null;
    }

    private boolean take(String name, @Nullable String value) {
        if (value == null) {
            insecure |= name.equals("--insecure");
            memory |= name.equals("--memory");
            return true;
        }
        try {
            switch (name) {
                case "--host" -> host = value;
                case "--port" -> port = Integer.valueOf(value);
                case "--data" -> data = Path.of(value);
                case "--store" -> store = value;
                case "--config" -> config = Path.of(value);
                case "--files" -> {
                    files = new ArrayList<>(files);
                    files.add(value);
                }
                case "--tls-cert" -> tlsCert = Path.of(value);
                case "--tls-key" -> tlsKey = Path.of(value);
                case "--log-level" -> logLevel = value;
                default -> {
                    return false;
                }
            }
            return true;
        } catch (NumberFormatException | InvalidPathException e) {
            return false;
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Logging.start(level());
        Settings settings = settings();
        requireClosed(settings);
        var agents = new ArrayList<Listing>(own);
        try (Agents always = Agents.of(settings)) {
            agents.addAll(always.listings());
            serve(settings, agents);
        }
        return 0;
    }

    private void serve(Settings settings, List<Listing> agents) throws IOException, InterruptedException {
        Millrace server = start(settings, agents);
        var end = new Stop(server);
        end.listen();
        if (config != null) {
            // Daemon: it ends with the process.
            new ConfigWatch(config, () -> reload(server, "has changed")).start();
            Hangup.heard(() -> reload(server, "was read again (SIGHUP)"));
        }
        long upSince = ManagementFactory.getRuntimeMXBean().getStartTime();
        println("millrace ready on " + server.uri() + " in " + (System.currentTimeMillis() - upSince) + " ms");
        log().info(
                        "the default agent is {}: {}",
                        agents.getFirst().name(),
                        agents.getFirst().description());
        end.await();
    }

    /** One at a time, so that what was read last is what holds. */
    private synchronized void reload(Millrace server, String what) {
        try {
            List<String> later = server.reload(settings());
            log().info("{} {}: who may use the server, and how much, is now as it says", config, what);
            if (!later.isEmpty()) {
                log().warn("{} {}; only a restart makes these hold: {}", config, what, String.join(", ", later));
            }
        } catch (BadSetting e) {
            log().warn("{} {}, and is not taken over: {}", config, what, e.getMessage());
        } catch (RuntimeException e) {
            log().error("{} {}, and can't be taken over", config, what, e);
        }
    }

    private Level level() {
        if (logLevel != null) {
            return Logging.level("--log-level", logLevel);
        }
        return Logging.level("LOG_LEVEL", environment.getOrDefault("LOG_LEVEL", "INFO"));
    }

    /** What the environment, the file and the options ask for; before {@link #call} nothing is done about it. */
    Settings settings() {
        Settings.Builder settings = Settings.builder();
        var model = new ModelSettings(environment);
        settings.tracing(TracingConfig.off().in(environment));
        if (config != null) {
            ConfigFile.read(config, environment).applyTo(settings, model);
        }
        settings.agents(model.build());
        if (memory && data != null) {
            throw new BadSetting("--memory", "contradicts --data; choose one of them");
        }
        if (store != null && (memory || data != null)) {
            throw new BadSetting("--store", "contradicts " + (memory ? "--memory" : "--data") + "; choose one of them");
        }
        if (store != null) {
            settings.store(StoreSettings.Postgres.at("--store", store));
        }
        if (memory) {
            settings.store(new StoreSettings.Memory());
        }
        if (data != null) {
            settings.store(new StoreSettings.Sqlite(data));
        }
        if (host != null) {
            settings.host(host);
        }
        if (port != null) {
            if (port < 0 || port > 65_535) {
                throw new BadSetting("--port", "must be from 0 to 65535, not " + port);
            }
            settings.port(port);
        }
        if (tlsCert != null) {
            settings.cert(tlsCert);
        }
        if (tlsKey != null) {
            settings.key(tlsKey);
        }
        for (String option : files) {
            try {
                var source = FileSourceConfig.ofOption(option);
                settings.files(source.getKey(), source.getValue());
            } catch (IllegalArgumentException e) {
                throw new BadSetting("--files", String.valueOf(e.getMessage()).replaceFirst("^--files:? ?", ""));
            }
        }
        return settings.build();
    }

    /** Where others can reach it, a server that asks nobody who he is must be meant. */
    private void requireClosed(Settings settings) {
        String address = settings.host();
        try {
            if (InetAddress.getByName(address).isLoopbackAddress()
                    || settings.auth().asks()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new BadSetting("--host", "there is no such address: " + address);
        }
        if (!insecure) {
            throw new BadSetting(
                    "--host",
                    address
                            + " can be reached by others, and whoever reaches it could use everything here. Name who may"
                            + " in the section auth of the configuration ('millrace keys NAME' makes a key,"
                            + " docs/security.md tells more), or mean it, with --insecure");
        }
        log().warn(
                        "listening on {} without authentication: whoever reaches this port may use everything here",
                        address);
    }

    private static Millrace start(Settings settings, List<Listing> agents) throws IOException, InterruptedException {
        try {
            return Millrace.start(settings, agents);
        } catch (IOException e) {
            if (e instanceof BindException || e.getCause() instanceof BindException) {
                throw new IOException(
                        "--port: port " + settings.port() + " on " + settings.host()
                                + " can't be used (" + reason(e) + "); stop what listens there, or choose another port"
                                + " (0 takes a free one)",
                        e);
            }
            throw e;
        }
    }

    private static String reason(Throwable e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage());
    }

    private void println(String line) {
        PrintWriter to =
                out == null ? Objects.requireNonNull(spec).commandLine().getOut() : out;
        to.println(line);
        to.flush();
    }

    /** Not a constant: whoever asks for the first logger starts the logging. */
    private static Logger log() {
        return LoggerFactory.getLogger(ServeCommand.class);
    }
}
