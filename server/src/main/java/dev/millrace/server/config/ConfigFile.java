package dev.millrace.server.config;

import dev.millrace.server.files.FileOptions;
import dev.millrace.server.files.FileSourceConfig;
import dev.millrace.server.files.LinkKeys;
import dev.millrace.server.files.UploadLife;
import dev.millrace.server.http.HttpLimits;
import dev.millrace.server.http.Proxies;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** {@code millrace.yaml}. Every setting, with its default, stands in {@code millrace.example.yaml}. */
public final class ConfigFile {
    private static final int MOST = Integer.MAX_VALUE;

    private final Path file;
    private final ObjectNode root;
    private final Variables variables;

    private ConfigFile(Path file, ObjectNode root, Variables variables) {
        this.file = file;
        this.root = root;
        this.variables = variables;
    }

    /**
     * Reads the file; what it says is looked at by {@link #applyTo}.
     *
     * @throws BadSetting if it can't be read or is no YAML mapping
     */
    public static ConfigFile read(Path file, Map<String, String> environment) {
        try {
            var yaml = YAMLMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build();
            JsonNode root = yaml.readTree(Files.readString(file));
            return switch (root) {
                case ObjectNode object -> new ConfigFile(file, object, new Variables(environment));
                // A file of comments alone is a file without settings.
                case JsonNode nothing
                when nothing.isMissingNode() || nothing.isNull() ->
                    new ConfigFile(file, yaml.createObjectNode(), new Variables(environment));
                default -> throw new BadSetting("--config", file + " must hold sections such as \"server:\"");
            };
        } catch (NoSuchFileException e) {
            throw new BadSetting("--config", "no such file: " + file);
        } catch (IOException e) {
            throw new BadSetting("--config", file + " can't be read: " + e.getMessage());
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new BadSetting(
                    "--config",
                    file + (at == null ? "" : ", line " + at.getLineNr()) + " is no valid YAML: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""));
        }
    }

    /**
     * Sets what the file says.
     *
     * @throws BadSetting if a setting is unknown or can't be used; the message names file and setting
     */
    public void applyTo(Settings.Builder settings, ModelSettings model) {
        try {
            var all = new Section("", root, variables);
            Section server = all.section("server");
            Section limits = all.section("limits");
            settings.auth(AuthConfig.read(all.section("auth"), server, limits));
            server(server, settings);
            store(all.section("store"), settings);
            limits(limits, all.section("engine"), settings);
            files(all.section("files"), settings);
            settings.a2a(A2aConfig.read(all.section("a2a")));
            settings.tracing(TracingConfig.read(all.section("tracing")).in(variables.environment()));
            model.read(all);
            settings.mcp(McpSettings.read(all.section("mcp")));
            settings.remotes(RemotePlan.read(all.section("remotes")));
            all.done();
        } catch (BadSetting e) {
            throw new BadSetting(file + ": " + e.getMessage());
        }
    }

    private void server(Section section, Settings.Builder settings) {
        section.text("host").ifPresent(settings::host);
        section.integer("port", 0, 65_535).ifPresent(settings::port);
        section.duration("drain").ifPresent(settings::drain);
        section.text("publicUrl").ifPresent(text -> settings.publicUrl(url(section.at("publicUrl"), text)));
        settings.proxies(proxies(section));
        Section tls = section.section("tls");
        tls.text("cert").map(this::path).ifPresent(settings::cert);
        tls.text("key").map(this::path).ifPresent(settings::key);
        tls.text("clients").map(this::path).ifPresent(settings::clients);
        tls.done();
        section.done();
    }

    private static Proxies proxies(Section section) {
        var networks = section.text("proxies").map(ConfigFile::list).orElse(Set.of());
        String headers = section.text("proxyHeaders").orElse("x-forwarded");
        try {
            return Proxies.of(
                    networks,
                    switch (headers) {
                        case "x-forwarded" -> Proxies.Headers.X_FORWARDED;
                        case "forwarded" -> Proxies.Headers.FORWARDED;
                        default ->
                            throw new BadSetting(
                                    section.at("proxyHeaders"), "must be x-forwarded or forwarded, not " + headers);
                    });
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at("proxies"), String.valueOf(e.getMessage()));
        }
    }

    private void store(Section section, Settings.Builder settings) {
        String type = section.text("type").orElse("sqlite");
        var data = section.text("data").map(this::path);
        var url = section.text("url");
        section.done();
        if (url.isPresent() && !type.equals("postgresql")) {
            throw new BadSetting(section.at("url"), "only a store of the type postgresql has one; remove it");
        }
        if (data.isPresent() && type.equals("postgresql")) {
            throw new BadSetting(section.at("data"), "a postgresql store keeps nothing in a folder; remove it");
        }
        switch (type) {
            case "postgresql" ->
                settings.store(StoreSettings.Postgres.at(
                        section.at("url"),
                        url.orElseThrow(() -> new BadSetting(
                                section.at("url"), "is missing: postgresql://user:password@host/database"))));
            case "sqlite" -> settings.store(new StoreSettings.Sqlite(data.orElse(Settings.DATA)));
            case "memory" -> {
                if (data.isPresent()) {
                    throw new BadSetting(section.at("data"), "a memory store keeps nothing in a folder; remove it");
                }
                settings.store(new StoreSettings.Memory());
            }
            default -> throw new BadSetting(section.at("type"), "must be sqlite, postgresql or memory, not " + type);
        }
    }

    private static void limits(Section section, Section engine, Settings.Builder settings) {
        HttpLimits.Builder http = HttpLimits.builder();
        section.bytes("body", Long.MAX_VALUE).ifPresent(http::maxBody);
        section.bytes("header", 1 << 20).ifPresent(bytes -> http.maxHeader((int) bytes));
        section.bytes("message", MOST).ifPresent(bytes -> http.maxMessage((int) bytes));
        section.integer("connections", 1, MOST).ifPresent(http::maxConnections);
        section.integer("streamsPerConnection", 1, MOST).ifPresent(http::maxStreams);
        section.duration("idle").ifPresent(http::idle);
        section.duration("heartbeat").ifPresent(http::heartbeat);
        section.duration("writeTimeout").ifPresent(http::writeTimeout);
        WorkLimits defaults = WorkLimits.defaults();
        var work = new WorkLimits(
                section.integer("turns", 1, 1_000_000).orElse(defaults.turns()),
                section.integer("queued", 1, 1_000_000).orElse(defaults.queued()),
                section.integer("attempts", 1, 1_000).orElse(defaults.attempts()),
                section.duration("answerWithin").orElse(defaults.answerWithin()),
                section.bytes("tail", 1 << 30).orElse(defaults.tailBytes()),
                defaults.lease(),
                defaults.lookAgain());
        section.done();
        settings.work(work.sharing(
                engine.duration("lease").orElse(defaults.lease()),
                engine.duration("lookAgain").orElse(defaults.lookAgain())));
        engine.done();
        try {
            settings.http(http.build());
        } catch (IllegalArgumentException e) {
            throw new BadSetting("limits", String.valueOf(e.getMessage()));
        }
    }

    private void files(Section section, Settings.Builder settings) {
        Section sources = section.section("sources");
        for (String name : sources.names()) {
            Map<String, Object> plain = sources.section(name).plain();
            try {
                settings.files(name, FileSourceConfig.of(name, plain));
            } catch (IllegalArgumentException e) {
                throw new BadSetting(String.valueOf(e.getMessage()));
            }
        }
        settings.fileOptions(fileOptions(section));
        section.done();
    }

    private FileOptions fileOptions(Section section) {
        FileOptions defaults = FileOptions.DEFAULT;
        Section limits = section.section("limits");
        Section cache = section.section("cache");
        Section links = section.section("links");
        Section uploads = section.section("uploads");
        try {
            var options = new FileOptions(
                    defaults.pipeline()
                            .withMemory(
                                    limits.bytes("memory", 1L << 40)
                                            .orElse(defaults.pipeline().memory()),
                                    limits.integer("streams", 1, 1_000_000)
                                            .orElse(defaults.pipeline().streams())),
                    cache.bytes("memory", 1L << 40).orElse(defaults.cacheMemory()),
                    cache.text("folder").map(this::path).orElse(null),
                    cache.bytes("disk", Long.MAX_VALUE).orElse(defaults.cacheDisk()),
                    cache.duration("lookups").orElse(defaults.lookups()),
                    section.text("origins").map(ConfigFile::list).orElse(defaults.origins()),
                    links.flag("required").orElse(defaults.linksOnly()),
                    keys(links),
                    uploads.bytes("size", Long.MAX_VALUE >> 1).orElse(defaults.uploadBytes()),
                    uploads.text("types").map(ConfigFile::list).orElse(defaults.uploadTypes()),
                    bucket(uploads),
                    uploads.text("folder").map(this::path).orElse(null),
                    new UploadLife(
                            uploads.duration("grace")
                                    .orElse(defaults.uploadLife().grace()),
                            uploads.duration("unfinished")
                                    .orElse(defaults.uploadLife().unfinished()),
                            uploads.duration("unused").orElse(null),
                            uploads.bytes("quota", Long.MAX_VALUE >> 1)
                                    .orElse(defaults.uploadLife().quota())));
            limits.done();
            cache.done();
            links.done();
            uploads.done();
            return options;
        } catch (IllegalArgumentException e) {
            throw new BadSetting("files", String.valueOf(e.getMessage()));
        }
    }

    /** Where uploads are kept, if it is not the data folder. */
    private static FileSourceConfig.@Nullable S3 bucket(Section uploads) {
        Map<String, Object> settings = uploads.section("bucket").plain();
        return settings.isEmpty() ? null : FileSourceConfig.bucket(uploads.at("bucket"), settings);
    }

    /** Keys by id; {@code sign} names the one for new links, which must be named if there are several. */
    private static @Nullable LinkKeys keys(Section links) {
        var secrets = new LinkedHashMap<String, String>();
        links.section("keys").plain().forEach((id, secret) -> secrets.put(id, secret.toString()));
        Optional<String> sign = links.text("sign");
        if (secrets.isEmpty()) {
            return null;
        }
        if (sign.isEmpty() && secrets.size() > 1) {
            throw new BadSetting(links.at("sign"), "is missing: which of the keys are new links signed with?");
        }
        try {
            LinkKeys keys = LinkKeys.of(secrets);
            return sign.isPresent() ? new LinkKeys(sign.get(), keys.secrets()) : keys;
        } catch (IllegalArgumentException e) {
            throw new BadSetting(links.at("keys"), String.valueOf(e.getMessage()));
        }
    }

    static Set<String> list(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Relative to the working directory, as on the command line. */
    private Path path(String text) {
        return Path.of(text);
    }

    static URI url(String setting, String text) {
        try {
            URI url = new URI(text);
            if (url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                return url;
            }
        } catch (java.net.URISyntaxException e) {
            throw new BadSetting(setting, "must be an http or https URL, not \"" + text + "\": " + e.getReason());
        }
        throw new BadSetting(setting, "must be an http or https URL, not \"" + text + "\"");
    }
}
