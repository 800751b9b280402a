package dev.millrace.server;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Spans;
import dev.millrace.engine.store.SecretStore;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.server.a2a.A2aEndpoints;
import dev.millrace.server.a2a.A2aSettings;
import dev.millrace.server.a2a.Tenants;
import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.auth.FrontGate;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.auth.SessionRoutes;
import dev.millrace.server.auth.SigningKey;
import dev.millrace.server.chat.ChatApi;
import dev.millrace.server.config.BadSetting;
import dev.millrace.server.config.Settings;
import dev.millrace.server.config.StoreSettings;
import dev.millrace.server.config.Tls;
import dev.millrace.server.files.FileHouse;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.server.metrics.Health;
import dev.millrace.server.metrics.Metrics;
import dev.millrace.server.openai.OpenAiApi;
import dev.millrace.server.page.FrontPage;
import dev.millrace.server.page.WebPage;
import dev.millrace.server.push.PushRoutes;
import dev.millrace.server.push.PushSettings;
import dev.millrace.server.push.PushSigner;
import dev.millrace.server.push.Pushes;
import dev.millrace.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running server: agents behind one port, over the chat API, A2A and files.
 *
 * <pre>{@code
 * try (Millrace server = Millrace.with("greeter", turn -> turn.say("Hello")).start()) {
 *     System.out.println(server.uri());
 * }
 * }</pre>
 *
 * <p>It is stopped once, by {@link #stop} or {@link #close}. Any thread.
 */
public final class Millrace implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Millrace.class);

    /** What the engine adds to its patience for turns that do not react to an interrupt. */
    private static final Duration ENGINE_GRACE = Duration.ofSeconds(2);

    private final FrontGate gate;
    private volatile Settings settings;
    private final Engine engine;
    private final HttpServer http;
    private final Deque<AutoCloseable> belongings;
    private final Pushes pushes;

    private Millrace(
            Settings settings,
            FrontGate gate,
            Engine engine,
            HttpServer http,
            Pushes pushes,
            Deque<AutoCloseable> belongings) {
        this.settings = settings;
        this.gate = gate;
        this.engine = engine;
        this.http = http;
        this.pushes = pushes;
        this.belongings = belongings;
    }

    /**
     * A server in the making with this agent as the default one: on 127.0.0.1, a free port, and keeping everything in
     * memory until {@link Builder#data} gives it a folder.
     *
     * @param name lower-case letters, digits, dots, dashes and underscores; it stands in URLs
     */
    public static Builder with(String name, Agent agent) {
        return new Builder().agent(name, agent);
    }

    /**
     * Starts a server: the store, what a dead process left in it, then the port. When this returns, it serves.
     *
     * @param agents the first is the default one; those that are {@link AutoCloseable} are closed with the server
     * @throws IOException if the port can't be bound
     * @throws BadSetting if the certificate can't be used; the message says why
     * @throws StoreFailure if the store can't be opened; the message says why
     */
    public static Millrace start(Settings settings, List<AgentCatalog.Listing> agents)
            throws IOException, InterruptedException {
        return start(settings, agents, UnaryOperator.identity());
    }

    private static Millrace start(Settings settings, List<AgentCatalog.Listing> agents, UnaryOperator<A2aSettings> a2a)
            throws IOException, InterruptedException {
        var belongings = new ArrayDeque<AutoCloseable>();
        for (AgentCatalog.Listing listing : agents) {
            if (listing.agent() instanceof AutoCloseable closeable) {
                belongings.push(closeable);
            }
        }
        try {
            return assemble(settings, agents, a2a, belongings);
        } catch (IOException | InterruptedException | RuntimeException e) {
            closeAll(belongings);
            throw e;
        }
    }

    private static Millrace assemble(
            Settings settings,
            List<AgentCatalog.Listing> listings,
            UnaryOperator<A2aSettings> more,
            Deque<AutoCloseable> belongings)
            throws IOException, InterruptedException {
        Identity identity = Identity.atTheGate();
        Tracing tracing = tracing(settings);
        if (tracing != null) {
            belongings.push(tracing);
        }
        var metrics = new Metrics(settings.store().name());
        belongings.push(metrics);
        Store store = open(settings.store());
        FileHouse files = files(settings, identity, store);
        belongings.push(files);
        var agents = new AgentCatalog(recorded(tracing, files.attachments().given(listings)));
        var engine = new Engine(store, agents, settings.work().engine().withObserver(metrics.observer()));
        belongings.push(engine);
        var router = new Router();
        WebPage.built(new FrontPage(agents)).register(router);
        new Health(engine).register(router);
        metrics.register(router);
        List<SigningKey> keys = signingKeys(settings.store(), store);
        var gate = keys.isEmpty()
                ? new FrontGate(auth(settings))
                : new FrontGate(auth(settings), keys.getFirst().derived("millrace browser sessions"));
        new SessionRoutes(gate).register(router);
        files.register(router);
        new ChatApi(engine, identity, files.attachments()::checked).register(router);
        new OpenAiApi(engine, identity).register(router);
        var pushes = new Pushes(
                engine,
                Objects.requireNonNull(store.pushes(), "every store here keeps pushes"),
                pushes(settings, keys));
        belongings.push(pushes);
        new PushRoutes(pushes, identity).register(router);
        var a2a = new A2aEndpoints(
                engine,
                identity,
                more.apply(a2a(settings)
                        .withAttached(files.attachments()::checked)
                        .withSecurity(gate::schemes)
                        .withSigningKeys(keys)
                        .withSpans(tracing == null ? Spans.NONE : tracing)),
                pushes);
        belongings.push(a2a);
        a2a.register(router);
        HttpServer http = http(settings, router, a2a, gate, tracing);
        engine.start();
        pushes.start();
        a2a.start();
        http.start();
        files.start();
        belongings.push(files::rest); // before the store that it asks is closed
        metrics.watch(engine, http);
        metrics.watch(files);
        return new Millrace(settings, gate, engine, http, pushes, belongings);
    }

    /** Null if nothing is traced. */
    private static @Nullable Tracing tracing(Settings settings) {
        if (!settings.tracing().on()) {
            return null;
        }
        try {
            return Tracing.start(settings.tracing().properties(), version());
        } catch (IllegalArgumentException e) {
            throw new BadSetting("tracing", "(or OTEL_… of the environment) can't be used: " + e.getMessage());
        }
    }

    private static List<AgentCatalog.Listing> recorded(@Nullable Tracing tracing, List<AgentCatalog.Listing> agents) {
        return tracing == null ? agents : tracing.recorded(agents);
    }

    private static Store open(StoreSettings store) {
        return switch (store) {
            case StoreSettings.Memory() -> new MemoryStore();
            case StoreSettings.Sqlite(Path folder) -> SqliteStore.open(folder);
            case StoreSettings.Postgres(PostgresAddress address) -> PostgresStore.open(PostgresSettings.of(address));
        };
    }

    /** After the store, which keeps a second server away from the data folder; until the engine has it, we close it. */
    private static FileHouse files(Settings settings, Identity identity, Store store) throws IOException {
        try {
            return new FileHouse(
                    settings.files(),
                    settings.fileOptions(),
                    folder(settings.store()),
                    identity,
                    settings.publicUrl(),
                    store.secrets(),
                    store.revocations(),
                    store.files());
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** Where files are kept that are given to the server; only a store in a folder says. */
    private static @Nullable Path folder(StoreSettings store) {
        return store instanceof StoreSettings.Sqlite(Path folder) ? folder : null;
    }

    /**
     * What cards are signed with, and pushes with the first of them, which every receiver can check; none if the store does
     * not keep them: whoever checks them must find the same keys again.
     */
    private static List<SigningKey> signingKeys(StoreSettings where, Store store) throws IOException {
        if (where instanceof StoreSettings.Sqlite(Path folder)) {
            return List.of(
                    SigningKey.inFile(folder.resolve("push-key.pem"), SigningKey.Algorithm.ES256),
                    SigningKey.inFile(folder.resolve("card-key.pem"), SigningKey.Algorithm.ED25519));
        }
        SecretStore secrets = store.secrets();
        return secrets == null
                ? List.of()
                : List.of(
                        kept(secrets, "signing-key", SigningKey.Algorithm.ES256),
                        kept(secrets, "card-key", SigningKey.Algorithm.ED25519));
    }

    private static SigningKey kept(SecretStore secrets, String name, SigningKey.Algorithm algorithm) {
        return SigningKey.ofPem(secrets.keep(name, () -> SigningKey.newPem(algorithm)));
    }

    private static PushSettings pushes(Settings settings, List<SigningKey> keys) {
        return PushSettings.defaults()
                .withAllowed(settings.a2a().pushTo())
                .withSigner(
                        keys.isEmpty()
                                ? null
                                : new PushSigner(
                                        keys.getFirst(), keys.subList(1, keys.size()), InstantSource.system()));
    }

    /** The server may also be called by the names that its other settings give it. */
    private static AuthSettings auth(Settings settings) {
        AuthSettings auth = settings.auth();
        if (settings.publicUrl() != null) {
            // A proxy may pass requests on under another name; pages that came through it are ours all the same.
            var origins = new HashSet<>(auth.origins());
            origins.add(settings.publicUrl().getScheme() + "://"
                    + settings.publicUrl().getAuthority());
            auth = auth.withOrigins(origins);
        }
        if (auth.asks() && auth.hosts().isEmpty()) {
            return auth;
        }
        var hosts = new HashSet<>(auth.hosts());
        hosts.add(settings.host().toLowerCase(Locale.ROOT));
        if (settings.publicUrl() != null) {
            hosts.add(settings.publicUrl().getHost().toLowerCase(Locale.ROOT));
        }
        return auth.withHosts(hosts);
    }

    private static A2aSettings a2a(Settings settings) {
        return A2aSettings.version(version())
                .withPublicBase(settings.publicUrl())
                .withHeartbeat(settings.http().heartbeat())
                .withErrors(settings.a2a().errors())
                .withTenants(settings.a2a().tenants() ? Tenants.any() : Tenants.none());
    }

    private static HttpServer http(
            Settings settings, Router router, A2aEndpoints a2a, FrontGate gate, @Nullable Tracing tracing) {
        HttpServer.Builder builder = HttpServer.builder(router)
                .gate(gate)
                .tracer(tracing)
                .host(settings.host())
                .port(settings.port())
                .proxies(settings.proxies())
                .limits(settings.http());
        a2a.register(builder);
        Tls tls = settings.tls();
        if (tls != null) {
            builder.tls(tls.cert(), tls.key());
            if (tls.clients() != null) {
                builder.clients(tls.clients());
            }
        }
        try {
            return builder.build();
        } catch (IOException e) {
            throw new BadSetting(Settings.CERT, String.valueOf(e.getMessage()));
        }
    }

    /** The version that the build wrote into the jar's manifest; {@code development} where there is no jar. */
    public static String version() {
        String version = Millrace.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Where the server is: {@code https} if it has a certificate (its port speaks cleartext, too). */
    public URI uri() {
        String address = http.uri().toString();
        return URI.create(http.tls() ? address.replaceFirst("^http:", "https:") : address);
    }

    /** The port it listens on. */
    public int port() {
        return http.port();
    }

    /** What runs the agents, for a program that sends and reads without HTTP. */
    public Engine engine() {
        return engine;
    }

    /**
     * Holds to other settings from now on, as far as that is possible while it runs: who may use the server and how much
     * ({@link Settings#auth}), and how long a stop may take. Requests and streams that are under way go on.
     *
     * @return the settings that differ and hold only after a restart, as the configuration names them
     * @throws BadSetting if they would end all authentication, which a half-written file could do by mistake; nothing has
     *     changed then
     */
    public List<String> reload(Settings other) {
        Settings now = settings;
        AuthSettings auth = other.auth().withCertificates(now.auth().certificates());
        if (now.auth().asks() && !auth.asks()) {
            throw new BadSetting("auth", "can't be removed while the server runs, which would open it to everybody");
        }
        gate.use(auth(other.withAuth(auth)));
        settings = now.withAuth(auth).withDrain(other.drain());
        return now.differences(other);
    }

    /**
     * Stops in order and within about this time: no new connections, streams end (their readers come back later and miss
     * nothing), requests may finish, then turns may; those that could not are taken up at the next start. A second call
     * returns at once.
     */
    public void stop(Duration drain) {
        long deadline = System.nanoTime() + drain.toNanos();
        // Requests that wait for an agent would keep the whole time for themselves; half of it is theirs.
        http.stop(drain.dividedBy(2));
        pushes.close();
        Duration left = Duration.ofNanos(deadline - System.nanoTime()).minus(ENGINE_GRACE);
        engine.stop(left.isNegative() ? Duration.ZERO : left);
        closeAll(belongings);
    }

    /** {@link #stop Stops} within the time of the settings, 10 s by default. */
    @Override
    public void close() {
        stop(settings.drain());
    }

    private static void closeAll(Deque<AutoCloseable> belongings) {
        while (!belongings.isEmpty()) {
            try {
                belongings.pop().close();
            } catch (Exception e) {
                LOG.warn("something did not close; the rest goes on", e);
            }
        }
    }

    /** A server in the making, for a program of one's own. */
    public static final class Builder {
        private final List<AgentCatalog.Listing> agents = new ArrayList<>();
        private final Settings.Builder settings = Settings.builder().port(0).store(new StoreSettings.Memory());

        private UnaryOperator<A2aSettings> a2a = UnaryOperator.identity();

        private Builder() {}

        /** Adds an agent; the first one is the default. */
        public Builder agent(String name, Agent agent) {
            return agent(name, name, agent);
        }

        /**
         * Adds an agent.
         *
         * @param description one sentence about what it does, for its card
         */
        public Builder agent(String name, String description, Agent agent) {
            agents.add(new AgentCatalog.Listing(name, description, agent));
            return this;
        }

        /** The address to listen on. Default 127.0.0.1. */
        public Builder host(String address) {
            settings.host(address);
            return this;
        }

        /** The port to listen on; 0, the default, takes a free one. */
        public Builder port(int number) {
            settings.port(number);
            return this;
        }

        /** Keeps everything in a SQLite database in this folder, so that it survives the process. */
        public Builder data(Path folder) {
            settings.store(new StoreSettings.Sqlite(folder));
            return this;
        }

        /** Everything else that a server can be told. */
        public Builder settings(Consumer<Settings.Builder> more) {
            more.accept(settings);
            return this;
        }

        /** What only a program can choose of A2A: what the cards say, extended cards, what stands around operations. */
        public Builder a2a(UnaryOperator<A2aSettings> more) {
            UnaryOperator<A2aSettings> before = a2a;
            a2a = settingsOfA2a -> more.apply(before.apply(settingsOfA2a));
            return this;
        }

        /**
         * Starts the server; when this returns, it serves.
         *
         * @throws IOException if the port can't be bound
         * @throws BadSetting if settings contradict each other, or the certificate can't be used
         * @throws StoreFailure if the data folder can't be used, for instance because another server holds it
         */
        public Millrace start() throws IOException, InterruptedException {
            return Millrace.start(settings.build(), agents, a2a);
        }
    }
}
