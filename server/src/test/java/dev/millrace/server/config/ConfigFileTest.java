package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.Budgets;
import dev.millrace.agents.Effort;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.ModelRetry;
import dev.millrace.agents.Prices;
import dev.millrace.agents.Provider;
import dev.millrace.agents.mcp.McpConfig;
import dev.millrace.agents.remote.RemoteConfig;
import dev.millrace.server.auth.ApiKeys;
import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.auth.Rates;
import dev.millrace.server.auth.TokenSettings;
import dev.millrace.server.files.FileSourceConfig;
import dev.millrace.server.files.UploadLife;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    @TempDir
    Path folder;

    private Settings read(String yaml, Map<String, String> environment) throws IOException {
        Path file = Files.writeString(folder.resolve("millrace.yaml"), yaml);
        return read(file, environment);
    }

    private static Settings read(Path file, Map<String, String> environment) {
        var settings = Settings.builder();
        var model = new ModelSettings(environment);
        ConfigFile.read(file, environment).applyTo(settings, model);
        return settings.agents(model.build()).build();
    }

    private static final String ANOTHER = "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI";

    @Test
    void every_setting_arrives() throws IOException {
        Path cert = Files.writeString(folder.resolve("cert.pem"), "");
        Settings settings = read(
                """
                server:
                  host: 0.0.0.0
                  port: 8443
                  publicUrl: https://agents.example.org
                  drain: 20s
                  tls: {cert: CERT, key: CERT, clients: CERT}
                  hosts: Millrace, other.example.org
                  origins: "https://app.example.org, http://localhost:5173"
                store: {type: sqlite, data: /tmp/there}
                limits:
                  body: 1MiB
                  header: 32KiB
                  message: 65536
                  connections: 100
                  streamsPerConnection: 10
                  idle: 1m
                  heartbeat: 500ms
                  writeTimeout: 3s
                  turns: 7
                  queued: 8
                  attempts: 9
                  answerWithin: 3h
                  tail: 1KiB
                  rate: 20
                  open: 30
                auth:
                  keys:
                    alice: sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
                    bob: "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE, ${BOB}"
                  oidc:
                    issuer: https://login.example.org/realm
                    audience: millrace
                    claim: email
                    skew: 5s
                engine: {lease: 9s, lookAgain: 2s}
                files:
                  sources:
                    here: {type: directory, path: FOLDER}
                    there: {type: http, base: "http://localhost:1/", headers: {Authorization: "Bearer ${TOKEN}"}}
                model:
                  baseUrl: http://localhost:11434/v1
                  apiKey: ${TOKEN}
                  name: tiny
                  systemPrompt: Be brief. It costs $$5.
                  temperature: 0.5
                  maxTokens: 100
                """.replace("CERT", cert.toString()).replace("FOLDER", folder.toString()),
                Map.of("TOKEN", "secret", "BOB", ANOTHER));

        assertThat(settings.auth())
                .isEqualTo(new AuthSettings(
                        ApiKeys.of(Map.of(
                                "alice",
                                List.of("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                                "bob",
                                List.of("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE", ANOTHER))),
                        new TokenSettings(
                                URI.create("https://login.example.org/realm"),
                                "millrace",
                                null,
                                "email",
                                Duration.ofSeconds(5)),
                        true,
                        Set.of("millrace", "other.example.org"),
                        Set.of("https://app.example.org", "http://localhost:5173"),
                        new Rates(20, 40, 30)));
        assertThat(settings.host()).isEqualTo("0.0.0.0");
        assertThat(settings.port()).isEqualTo(8443);
        assertThat(settings.publicUrl()).isEqualTo(URI.create("https://agents.example.org"));
        assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(20));
        assertThat(settings.tls()).isEqualTo(new Tls(cert, cert, cert));
        assertThat(settings.store()).isEqualTo(new StoreSettings.Sqlite(Path.of("/tmp/there")));
        assertThat(settings.http().maxBody()).isEqualTo(1 << 20);
        assertThat(settings.http().maxHeader()).isEqualTo(32 << 10);
        assertThat(settings.http().maxMessage()).isEqualTo(65_536);
        assertThat(settings.http().maxConnections()).isEqualTo(100);
        assertThat(settings.http().maxStreams()).isEqualTo(10);
        assertThat(settings.http().idle()).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.http().heartbeat()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings.http().writeTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(settings.work())
                .isEqualTo(new WorkLimits(
                        7, 8, 9, Duration.ofHours(3), 1024, Duration.ofSeconds(9), Duration.ofSeconds(2)));
        assertThat(settings.files())
                .containsEntry("here", new FileSourceConfig.Directory(folder))
                .containsEntry(
                        "there",
                        new FileSourceConfig.Http(
                                URI.create("http://localhost:1/"), Map.of("Authorization", "Bearer secret")));
        assertThat(settings.agents()).singleElement().satisfies(plan -> {
            assertThat(plan.name()).isEqualTo("model");
            assertThat(plan.config().systemPrompt()).isEqualTo("Be brief. It costs $5.");
            assertThat(plan.config().models().all())
                    .containsExactly(ModelConfig.of(URI.create("http://localhost:11434/v1"), "secret", "tiny")
                            .with(new ModelConfig.Options(0.5, 100, null, null, null))
                            .withRetry(ModelRetry.BACKOFF));
        });
    }

    @Test
    void a_postgresql_store_takes_its_password_from_the_environment_and_shows_it_nowhere() throws IOException {
        Settings settings = read(
                "store: {type: postgresql, url: 'postgresql://me:${DB_PASSWORD}@db.example/chats?schema=one'}",
                Map.of("DB_PASSWORD", "geheim"));
        assertThat(settings.store()).isInstanceOf(StoreSettings.Postgres.class);
        assertThat(settings.toString())
                .contains("postgresql://db.example:5432/chats?schema=one")
                .doesNotContain("geheim");
        assertThatThrownBy(() -> read("store: {type: postgresql, url: 'postgresql://me:geheim@/x'}", Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageNotContaining("geheim");
    }

    @Test
    void an_empty_file_is_the_defaults() throws IOException {
        assertThat(read("# nothing yet\n", Map.of()))
                .isEqualTo(Settings.builder().build());
    }

    @Test
    void the_example_is_valid_and_shows_the_defaults() {
        Path example = Path.of("../millrace.example.yaml");

        assertThat(read(example, Map.of())).isEqualTo(Settings.builder().build());
    }

    @Test
    void every_line_of_the_example_that_is_commented_out_is_valid_too() throws IOException {
        String example = Files.readString(Path.of("../millrace.example.yaml"));
        // A setting has a colon after its name; what is nested stands two or more spaces after the sign; prose one.
        String all = example.replaceAll("(?m)^( *)#(?=\\w+:|  )", "$1");
        assertThat(all).isNotEqualTo(example);
        Files.createDirectories(folder.resolve("films"));
        Path pem = Files.writeString(folder.resolve("cert.pem"), "");

        Settings settings = read(
                all.replace("/srv/films", folder.resolve("films").toString())
                        .replace("/etc/millrace/cert.pem", pem.toString())
                        .replace("/etc/millrace/key.pem", pem.toString())
                        .replace("/etc/millrace/clients-ca.pem", pem.toString()),
                Map.of(
                        "FILES_TOKEN", "t",
                        "MODEL_KEY", "k",
                        "S3_KEY", "a",
                        "S3_SECRET", "s",
                        "MCP_TOKEN", "m",
                        "MCP_SECRET", "s",
                        "WEATHER_TOKEN", "w",
                        "LINK_KEY", "sixteen bytes at least"));

        assertThat(settings.files()).hasSize(4);
        assertThat(settings.fileOptions().cacheDisk()).isEqualTo(10L << 30);
        assertThat(settings.fileOptions().origins()).containsExactly("https://app.example.org");
        assertThat(settings.fileOptions().uploadLife())
                .isEqualTo(
                        new UploadLife(Duration.ofHours(24), Duration.ofHours(24), Duration.ofHours(720), 10L << 30));
        assertThat(settings.fileOptions().keys()).isNotNull();
        assertThat(settings.toString()).doesNotContain("sixteen bytes");
        assertThat(settings.agents()).isNotEmpty();
        assertThat(settings.tls()).isNotNull();
        assertThat(settings.auth().asks()).isTrue();
        assertThat(settings.publicUrl()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            sever: {port: 1}                                   | sever: there is no such setting; did you mean server?
            server: {prot: 1}                                  | server.prot: there is no such setting; did you mean server.port?
            server: {public-url: x}                            | server.public-url: there is no such setting; did you mean server.publicUrl?
            server: {zzzzzzzz: 1}                              | server.zzzzzzzz: there is no such setting; known are
            server: {port: eighty}                             | server.port: must be a whole number from 0 to 65535, not "eighty"
            server: {port: 70000}                              | server.port: must be a whole number from 0 to 65535
            server: {port: 80.5}                               | server.port: must be a whole number
            server: {port: [1]}                                | server.port: must be a whole number from 0 to 65535, not a list
            server: 8080                                       | server: must be a section
            server: {host: ''}                                 | server.host: must not be empty
            server: {host: true}                               | server.host: must be a text, not true
            server: {drain: soon}                              | server.drain: must be a time such as
            server: {drain: 0s}                                | server.drain: must be a time such as
            server: {tls: {cert: nowhere.pem}}                 | --tls-cert (server.tls.cert): no such file: nowhere.pem
            server: {publicUrl: example.org}                   | server.publicUrl: must be an http or https URL
            store: {type: papyrus}                             | store.type: must be sqlite, postgresql or memory, not papyrus
            store: {type: memory, data: d}                     | store.data: a memory store keeps nothing in a folder
            store: {type: postgresql}                          | store.url: is missing
            store: {type: postgresql, url: nonsense}           | store.url: the address of the PostgreSQL store is wrong
            store: {type: postgresql, url: x, data: d}         | store.data: a postgresql store keeps nothing in a folder
            store: {url: 'postgresql://h/db'}                  | store.url: only a store of the type postgresql has one
            engine: {lease: 0s}                                | engine.lease: must be a time such as
            limits: {body: big}                                | limits.body: must be a number of bytes such as
            limits: {heartbeat: 1m}                            | limits: heartbeat
            limits: {turns: 0}                                 | limits.turns: must be a whole number from 1
            limits: {rate: -1}                                 | limits.rate: must be a whole number from 0
            server: {origins: 'https://a.example/page'}        | server.origins: must be origins such as
            server: {proxies: '10.0.0.0/33'}                   | server.proxies: "10.0.0.0/33" is neither an address nor
            server: {proxies: lb.internal}                     | server.proxies: "lb.internal" is neither an address nor
            server: {proxyHeaders: via}                        | server.proxyHeaders: must be x-forwarded or forwarded, not via
            server: {tls: {clients: nowhere.pem}}              | server.tls.clients: no such file: nowhere.pem
            auth: {keys: {alice: secret}}                      | auth.keys: what stands for "alice" is no hash of a key
            auth: {keys: {'a:b': secret}}                      | auth.keys: an owner has 1 to 64 letters
            auth: {key: {}}                                    | auth.key: there is no such setting; did you mean auth.keys?
            auth: {oidc: {audience: a}}                        | auth.oidc.issuer: is missing
            auth: {oidc: {issuer: 'https://a.example'}}        | auth.oidc.audience: is missing
            auth: {oidc: {issuer: 'http://a.example', audience: a}} | auth.oidc.issuer: http://a.example must be an https address
            files: {source: {}}                                | files.source: there is no such setting; did you mean files.sources?
            files: {sources: {a: {type: ftp}}}                 | files.sources.a.type: must be directory, http, s3 or mirrors, not ftp
            files: {sources: {a: {type: directory}}}           | files.sources.a.path: is missing
            files: {uploads: {grace: 5s}}                      | uploads.grace: must be at least 1m
            files: {sources: {a: 1}}                           | files.sources.a: must be a section
            model: {name: x, temprature: 1}                    | model.temprature: there is no such setting; did you mean model.temperature?
            model: {name: x, temperature: 3}                   | temperature must be from 0 to 2
            model: {apiKey: '${NOT_THERE}'}                    | model.apiKey: the environment variable NOT_THERE is not set
            model: {apiKey: '${}'}                             | model.apiKey: "${" must be followed by
            """)
    void what_is_wrong_is_named_by_its_path(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml, Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_key_that_stands_where_its_hash_should_is_not_told() {
        assertThatThrownBy(() -> read("auth: {keys: {alice: mr_verysecret}}", Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining("A key itself must not be here")
                .hasMessageNotContaining("verysecret");
    }

    @Test
    void what_is_no_yaml_is_named_by_its_line() {
        assertThatThrownBy(() -> read("server:\n  port: [1\n", Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining("millrace.yaml, line ")
                .hasMessageContaining("is no valid YAML");
        assertThatThrownBy(() -> read("server: {port: 1}\nserver: {port: 2}\n", Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> read("- a\n", Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining("must hold sections");
    }

    @Test
    void a_variable_may_hold_a_number() throws IOException {
        assertThat(read("server: {port: '${PORT}'}", Map.of("PORT", "9090")).port())
                .isEqualTo(9090);
    }

    @Test
    void without_a_section_the_model_comes_from_the_environment() throws IOException {
        assertThat(read("", Map.of()).agents()).isEmpty();
        URI openAi = Provider.OPENAI.home();
        assertThat(models("", Map.of("OPENAI_API_KEY", "k")))
                .containsExactly(
                        ModelConfig.of(openAi, "k", ModelSettings.OPENAI_MODEL).withRetry(ModelRetry.BACKOFF));
        assertThat(models("", Map.of("OPENAI_BASE_URL", "http://localhost:1/v1", "OPENAI_MODEL", "m")))
                .containsExactly(ModelConfig.of(URI.create("http://localhost:1/v1"), null, "m")
                        .withRetry(ModelRetry.BACKOFF));
        assertThat(models("model: {name: mine}", Map.of("OPENAI_API_KEY", "k", "OPENAI_MODEL", "other")))
                .containsExactly(ModelConfig.of(openAi, "k", "mine").withRetry(ModelRetry.BACKOFF));
    }

    private List<ModelConfig> models(String yaml, Map<String, String> environment) throws IOException {
        return read(yaml, environment).agents().getFirst().config().models().all();
    }

    @Test
    void several_models_and_agents_are_set_with_keys_from_the_environment() throws IOException {
        Settings settings = read("""
                models:
                  fast: {provider: openai-responses, name: gpt-x, effort: low, maxEffort: high,
                         prices: {input: 2, cached: 0.5, output: 8}, contextTokens: 128000}
                  deep: {provider: anthropic, name: claude-x, retry: false, firstByte: 5s}
                agents:
                  helper: {models: "deep, fast", systemPrompt: Help., tools: "clock, files__*", approve: "files__write*",
                           steps: 7, toolTimeout: 3s, resultLength: 1000, approvalWithin: 1m, compactAt: 0.5}
                  other: {description: Another.}
                """, Map.of("OPENAI_API_KEY", "o", "ANTHROPIC_API_KEY", "a"));
        assertThat(settings.agents()).extracting(AgentPlan::name).containsExactly("helper", "other");
        AgentPlan helper = settings.agents().getFirst();
        ModelConfig deep = helper.config().models().byDefault();
        assertThat(deep.provider()).isEqualTo(Provider.ANTHROPIC);
        assertThat(deep.apiKey()).isEqualTo("a");
        assertThat(deep.retry()).isEqualTo(ModelRetry.NEVER);
        assertThat(deep.times().firstByte()).isEqualTo(Duration.ofSeconds(5));
        ModelConfig fast = helper.config().models().all().getLast();
        assertThat(fast.baseUrl()).isEqualTo(Provider.OPENAI_RESPONSES.home());
        assertThat(fast.apiKey()).isEqualTo("o");
        assertThat(fast.prices()).isEqualTo(new Prices(2, 0.5, 2, 8));
        assertThat(fast.options()).isEqualTo(new ModelConfig.Options(null, null, 128_000, Effort.LOW, Effort.HIGH));
        assertThat(helper.config().limits())
                .isEqualTo(new AgentConfig.Limits(7, Duration.ofSeconds(3), 1000, Duration.ofMinutes(1), 0.5));
        assertThat(helper.tools()).containsExactly("clock", "files__*");
        assertThat(helper.approve()).containsExactly("files__write*");
        assertThat(settings.agents().getLast().config().models().all())
                .extracting(ModelConfig::id)
                .containsExactly("fast", "deep");
    }

    @Test
    void agents_may_set_others_to_work_have_budgets_and_be_elsewhere() throws IOException {
        Settings settings = read("""
                models: {m: {baseUrl: "http://x:1/v1"}}
                agents:
                  boss:
                    spawns: "helper, far"
                    titles: m
                    budgets: {turn: {tokens: 10}, chat: {cost: 0.5}, day: {tokens: 7, cost: 2}}
                  helper: {}
                remotes:
                  far: {url: "http://far:1", token: "${K}", headers: {X-A: b}, tool: true}
                """, Map.of("K", "secret"));
        AgentPlan boss = settings.agents().getFirst();
        assertThat(boss.spawns()).containsExactly("helper", "far");
        assertThat(boss.config().titles()).isNotNull();
        assertThat(boss.config().budgets())
                .isEqualTo(new Budgets(
                        new Budgets.Budget(10, 0), new Budgets.Budget(0, 500_000), new Budgets.Budget(7, 2_000_000)));
        assertThat(settings.agents().getLast().config().budgets()).isEqualTo(Budgets.NONE);
        RemotePlan far = settings.remotes().getFirst();
        assertThat(far.config())
                .isEqualTo(new RemoteConfig("far", URI.create("http://far:1"), "secret", Map.of("X-A", "b")));
        assertThat(far.tool()).isTrue();
    }

    @Test
    void mcp_servers_are_programs_or_at_urls() throws IOException {
        Settings settings = read("""
                mcp:
                  files: {command: "npx -y files /srv", env: {KEY: "${K}"}, tools: "read*", deny: "read_all", timeout: 5s}
                  search: {url: "http://x:1/mcp?a=b", headers: {Authorization: "Bearer ${K}"}}
                  old:
                    url: "http://x:1/sse"
                    transport: sse
                    oauth: {tokenUrl: "http://a:2/token", clientId: me, clientSecret: "${K}", scope: tools}
                """, Map.of("K", "secret"));
        assertThat(settings.mcp())
                .extracting(McpConfig::at)
                .containsExactly(
                        new McpConfig.Program("npx", List.of("-y", "files", "/srv"), Map.of("KEY", "secret")),
                        new McpConfig.Remote(
                                URI.create("http://x:1/mcp?a=b"),
                                McpConfig.Transport.HTTP,
                                Map.of("Authorization", "Bearer secret"),
                                null),
                        new McpConfig.Remote(
                                URI.create("http://x:1/sse"),
                                McpConfig.Transport.SSE,
                                Map.of(),
                                new McpConfig.OAuth(URI.create("http://a:2/token"), "me", "secret", "tools")));
        assertThat(settings.mcp().getFirst().allow()).containsExactly("read*");
        assertThat(settings.mcp().getFirst().deny()).containsExactly("read_all");
        assertThat(settings.mcp().getFirst().callWithin()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "models: {a: {provider: nobody}} | models.a.provider",
                "models: {a: {effort: much}} | models.a.effort",
                "models: {a: {temperature: 9}} | models.a.name",
                "agents: {x: {models: b}} | agents.x.models",
                "{models: {a: {}}, agents: {x: {steps: 0}}} | agents.x.steps",
                "models: {a: {nosuch: 1}} | models.a.nosuch",
                "mcp: {a: {}} | mcp.a.url",
                "remotes: {a: {}} | remotes.a.url",
                "{models: {a: {}}, agents: {x: {titles: b}}} | agents.x.titles",
                "{models: {a: {}}, agents: {x: {budgets: {day: {cost: 0}}}}} | agents.x.budgets.day.cost",
                "mcp: {a: {url: 'http://x/', transport: fax}} | mcp.a.transport",
                "mcp: {a: {url: 'http://x/', oauth: {tokenUrl: 'http://y/', clientId: me}}} | mcp.a.oauth.clientSecret",
                "mcp: {a_b: {command: x}} | mcp.a_b.command",
            })
    void a_wrong_setting_of_a_model_is_named(String yaml, String setting) {
        assertThatThrownBy(() -> read(yaml, Map.of()))
                .isInstanceOf(BadSetting.class)
                .hasMessageContaining(setting);
    }
}
