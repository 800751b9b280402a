package dev.millrace.server.config;

import dev.millrace.agents.mcp.McpConfig;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the section {@code mcp}: MCP servers by name, each a program or at a URL. */
final class McpSettings {
    private McpSettings() {}

    static List<McpConfig> read(Section section) {
        var servers = new ArrayList<McpConfig>();
        for (String name : section.names()) {
            servers.add(server(name, section.section(name)));
        }
        section.done();
        return servers;
    }

    private static McpConfig server(String name, Section section) {
        McpConfig.Place at = place(section);
        try {
            McpConfig defaults = McpConfig.of(name, at);
            var config = new McpConfig(
                    name,
                    at,
                    section.text("tools").map(ModelSettings::list).orElse(defaults.allow()),
                    section.text("deny").map(ModelSettings::list).orElse(defaults.deny()),
                    section.duration("connectTimeout").orElse(defaults.connectWithin()),
                    section.duration("timeout").orElse(defaults.callWithin()),
                    section.duration("ping").orElse(defaults.pingEvery()));
            section.done();
            return config;
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at("command"), String.valueOf(e.getMessage()));
        }
    }

    private static McpConfig.Place place(Section section) {
        Optional<String> command = section.text("command");
        Optional<String> url = section.text("url");
        String transport = section.text("transport").orElse("http");
        Map<String, String> headers = texts(section.section("headers"));
        McpConfig.OAuth oauth = section.has("oauth") ? oauth(section.section("oauth")) : null;
        Map<String, String> environment = texts(section.section("env"));
        if (command.isPresent() == url.isPresent()) {
            throw new BadSetting(
                    section.at("url"), "give either a url, or the command that starts a program which speaks MCP");
        }
        if (command.isPresent()) {
            List<String> words =
                    Arrays.stream(command.get().strip().split("\\s+", -1)).toList();
            return new McpConfig.Program(words.getFirst(), words.subList(1, words.size()), environment);
        }
        URI address = ConfigFile.url(section.at("url"), url.get());
        return new McpConfig.Remote(
                address,
                switch (transport) {
                    case "http" -> McpConfig.Transport.HTTP;
                    case "sse" -> McpConfig.Transport.SSE;
                    default -> throw new BadSetting(section.at("transport"), "must be http or sse, not " + transport);
                },
                headers,
                oauth);
    }

    private static McpConfig.OAuth oauth(Section section) {
        var client = new McpConfig.OAuth(
                ConfigFile.url(section.at("tokenUrl"), required(section, "tokenUrl")),
                required(section, "clientId"),
                required(section, "clientSecret"),
                section.text("scope").orElse(null));
        section.done();
        return client;
    }

    private static String required(Section section, String key) {
        return section.text(key).orElseThrow(() -> new BadSetting(section.at(key), "is missing"));
    }

    private static Map<String, String> texts(Section section) {
        var texts = new LinkedHashMap<String, String>();
        for (String name : section.names()) {
            section.text(name).ifPresent(text -> texts.put(name, text));
        }
        section.done();
        return texts;
    }
}
