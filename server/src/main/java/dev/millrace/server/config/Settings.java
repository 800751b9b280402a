package dev.millrace.server.config;

import dev.millrace.agents.mcp.McpConfig;
import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.files.FileOptions;
import dev.millrace.server.files.FileSourceConfig;
import dev.millrace.server.http.HttpLimits;
import dev.millrace.server.http.Proxies;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything a server is told, checked as far as that is possible without starting it.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 takes a free one
 * @param tls the certificate, or null for cleartext only
 * @param publicUrl where clients reach the server, if a proxy stands before it; null = what each request says
 * @param proxies whom to believe what they say of the clients for whom they speak
 * @param drain how long a stop may take in all
 * @param store where everything is kept
 * @param http limits for one client or connection
 * @param work limits for the engine
 * @param files sources of files, by name
 * @param fileOptions how files are served
 * @param a2a what was chosen of A2A
 * @param auth who may use the server, and from where
 * @param tracing what is traced
 * @param mcp servers of tools for the agents with models
 * @param remotes agents that are somewhere else
 * @param agents agents with models, the default one first; none = only those that need none
 */
public record Settings(
        String host,
        int port,
        @Nullable Tls tls,
        @Nullable URI publicUrl,
        Proxies proxies,
        Duration drain,
        StoreSettings store,
        HttpLimits http,
        WorkLimits work,
        Map<String, FileSourceConfig> files,
        FileOptions fileOptions,
        A2aConfig a2a,
        AuthSettings auth,
        TracingConfig tracing,
        List<McpConfig> mcp,
        List<RemotePlan> remotes,
        List<AgentPlan> agents) {

    /** The default folder of the SQLite store, in the working directory. */
    public static final Path DATA = Path.of("data");

    /** What the certificate is called, on the command line and in the file. */
    public static final String CERT = "--tls-cert (server.tls.cert)";

    /** What the certificate's key is called. */
    public static final String KEY = "--tls-key (server.tls.key)";

    /** What the clients' authorities are called. */
    public static final String CLIENTS = "server.tls.clients";

    public Settings {
        files = Map.copyOf(files);
        mcp = List.copyOf(mcp);
        remotes = List.copyOf(remotes);
        agents = List.copyOf(agents);
    }

    /** The same, but for who may use the server. */
    public Settings withAuth(AuthSettings those) {
        return new Settings(
                host,
                port,
                tls,
                publicUrl,
                proxies,
                drain,
                store,
                http,
                work,
                files,
                fileOptions,
                a2a,
                those,
                tracing,
                mcp,
                remotes,
                agents);
    }

    /** The same, but for how long a stop may take. */
    public Settings withDrain(Duration time) {
        return new Settings(
                host,
                port,
                tls,
                publicUrl,
                proxies,
                time,
                store,
                http,
                work,
                files,
                fileOptions,
                a2a,
                auth,
                tracing,
                mcp,
                remotes,
                agents);
    }

    /** What differs in others that holds from the start to the end of a server, as the configuration names it. */
    public List<String> differences(Settings other) {
        var differences = new ArrayList<String>();
        differs(differences, "server.host", host, other.host);
        differs(differences, "server.port", port, other.port);
        differs(differences, "server.tls", tls, other.tls);
        differs(differences, "server.publicUrl", publicUrl, other.publicUrl);
        differs(differences, "server.proxies", proxies, other.proxies);
        differs(differences, "store", store, other.store);
        differs(differences, "limits", http, other.http);
        differs(differences, "limits and engine", work, other.work);
        differs(differences, "files.sources", files, other.files);
        differs(differences, "files", fileOptions, other.fileOptions);
        differs(differences, "a2a", a2a, other.a2a);
        differs(differences, "tracing", tracing, other.tracing);
        differs(differences, "mcp", mcp, other.mcp);
        differs(differences, "remotes", remotes, other.remotes);
        differs(differences, "agents and models", agents, other.agents);
        return List.copyOf(differences);
    }

    private static void differs(List<String> differences, String name, @Nullable Object one, @Nullable Object other) {
        if (!Objects.equals(one, other)) {
            differences.add(name);
        }
    }

    /** 127.0.0.1:8080, SQLite in {@code ./data}, default limits, no files, no model, 10 s to stop. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Settings in the making. Whoever sets later wins, so that the command line comes after the file. Setters check what
     * they are given alone; {@link #build} checks what depends on each other.
     */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port = 8080;
        private @Nullable Path cert;
        private @Nullable Path key;
        private @Nullable Path clients;
        private @Nullable URI publicUrl;
        private Proxies proxies = Proxies.NONE;
        private Duration drain = Duration.ofSeconds(10);
        private StoreSettings store = new StoreSettings.Sqlite(DATA);
        private HttpLimits http = HttpLimits.defaults();
        private WorkLimits work = WorkLimits.defaults();
        private final Map<String, FileSourceConfig> files = new LinkedHashMap<>();
        private FileOptions fileOptions = FileOptions.DEFAULT;
        private A2aConfig a2a = A2aConfig.defaults();
        private AuthSettings auth = AuthSettings.open();
        private TracingConfig tracing = TracingConfig.off();
        private List<McpConfig> mcp = List.of();
        private List<RemotePlan> remotes = List.of();
        private List<AgentPlan> agents = List.of();

        private Builder() {}

        public Builder host(String address) {
            host = address;
            return this;
        }

        public Builder port(int number) {
            port = number;
            return this;
        }

        public Builder cert(Path file) {
            cert = readable(CERT, file);
            return this;
        }

        public Builder key(Path file) {
            key = readable(KEY, file);
            return this;
        }

        /** Certificates of authorities, PEM: whom they have signed a certificate for may come with it. */
        public Builder clients(Path file) {
            clients = readable(CLIENTS, file);
            return this;
        }

        public Builder publicUrl(URI url) {
            publicUrl = url;
            return this;
        }

        public Builder proxies(Proxies those) {
            proxies = those;
            return this;
        }

        public Builder drain(Duration time) {
            drain = time;
            return this;
        }

        public Builder store(StoreSettings those) {
            store = those;
            return this;
        }

        public Builder http(HttpLimits those) {
            http = those;
            return this;
        }

        public Builder work(WorkLimits those) {
            work = those;
            return this;
        }

        /** Adds a source of files; one of the same name is replaced. */
        public Builder files(String name, FileSourceConfig source) {
            files.put(name, source);
            return this;
        }

        public Builder fileOptions(FileOptions options) {
            fileOptions = options;
            return this;
        }

        public Builder a2a(A2aConfig those) {
            a2a = those;
            return this;
        }

        public Builder auth(AuthSettings those) {
            auth = those;
            return this;
        }

        public Builder tracing(TracingConfig those) {
            tracing = those;
            return this;
        }

        public Builder remotes(List<RemotePlan> plans) {
            remotes = plans;
            return this;
        }

        public Builder mcp(List<McpConfig> servers) {
            mcp = servers;
            return this;
        }

        public Builder agents(List<AgentPlan> plans) {
            agents = plans;
            return this;
        }

        /** @throws BadSetting if settings contradict each other */
        public Settings build() {
            return new Settings(
                    host,
                    port,
                    tls(),
                    publicUrl,
                    proxies,
                    drain,
                    store,
                    http,
                    work,
                    files,
                    fileOptions,
                    a2a,
                    auth.withCertificates(clients != null),
                    tracing,
                    mcp,
                    remotes,
                    agents);
        }

        private @Nullable Tls tls() {
            if (cert == null && key == null) {
                if (clients != null) {
                    throw new BadSetting(CLIENTS, "has no use without a certificate of the server's own; give " + CERT);
                }
                return null;
            }
            if (key == null) {
                throw new BadSetting(CERT, "has no key; give the private key that belongs to it with " + KEY);
            }
            if (cert == null) {
                throw new BadSetting(KEY, "has no certificate; give the one that it belongs to with " + CERT);
            }
            return new Tls(cert, key, clients);
        }

        private static Path readable(String setting, Path file) {
            if (!Files.isRegularFile(file)) {
                throw new BadSetting(setting, (Files.exists(file) ? "not a file: " : "no such file: ") + file);
            }
            if (!Files.isReadable(file)) {
                throw new BadSetting(setting, "this file can't be read with the server's rights: " + file);
            }
            return file;
        }
    }
}
