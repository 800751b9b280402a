package dev.millrace.agents.mcp;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An MCP server.
 *
 * @param name its tools' names begin with it: {@code name__tool}
 * @param at how it is reached
 * @param allow which of its tools there are here, by the names that it gives them, where a {@code *} stands for any letters
 * @param deny which of those there are not
 * @param connectWithin how long a connection, its handshake and the list of its tools may take
 * @param callWithin how long a call may take
 * @param pingEvery how often a connection is looked after
 */
public record McpConfig(
        String name,
        Place at,
        List<String> allow,
        List<String> deny,
        Duration connectWithin,
        Duration callWithin,
        Duration pingEvery) {

    /** Where a server is. */
    public sealed interface Place {}

    /**
     * A program of our own, over its standard input and output.
     *
     * @param environment beside the few variables that every program needs
     */
    public record Program(String command, List<String> arguments, Map<String, String> environment) implements Place {
        public Program {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
        }

        /** Without the environment, which may hold keys. */
        @Override
        public String toString() {
            return "Program[" + command + "]";
        }
    }

    /** How a server at a URL is spoken to. */
    public enum Transport {
        /** Streamable HTTP. */
        HTTP,
        /** The older way: a stream of events, and posts beside it. */
        SSE
    }

    /**
     * A server at a URL.
     *
     * @param headers of each request
     * @param oauth where the tokens are from that each request brings; null = it brings none
     */
    public record Remote(
            URI url,
            Transport transport,
            Map<String, String> headers,
            @Nullable OAuth oauth) implements Place {
        public Remote {
            headers = Map.copyOf(headers);
        }

        /** Without the headers, which may hold keys. */
        @Override
        public String toString() {
            return "Remote[" + url + ", " + transport + "]";
        }
    }

    /**
     * A client of an authorization server, which acts for itself: the grant of client credentials (RFC 6749, 4.4).
     *
     * @param tokenUrl where tokens are given out
     * @param scope what the tokens are to be good for; null = what the authorization server gives by itself
     */
    public record OAuth(
            URI tokenUrl,
            String clientId,
            String clientSecret,
            @Nullable String scope) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "OAuth[" + tokenUrl + ", " + clientId + "]";
        }
    }

    public McpConfig {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
        if (!name.matches("[a-zA-Z0-9-]{1,30}")) {
            throw new IllegalArgumentException(
                    "the name of an MCP server must be 1 to 30 letters, digits and dashes, not \"" + name + "\"");
        }
        if (!connectWithin.isPositive() || !callWithin.isPositive() || !pingEvery.isPositive()) {
            throw new IllegalArgumentException("times must be longer than nothing");
        }
    }

    /** What a program may take to be there: {@code npx} fetches it first. Nobody waits for it meanwhile. */
    private static final Duration PROGRAM = Duration.ofSeconds(60);

    private static final Duration REMOTE = Duration.ofSeconds(10);

    /** All of its tools, 10 s to connect (60 s for a program to start), 2 minutes for a call, a ping every 30 s. */
    public static McpConfig of(String name, Place at) {
        return new McpConfig(
                name,
                at,
                List.of("*"),
                List.of(),
                at instanceof Program ? PROGRAM : REMOTE,
                Duration.ofMinutes(2),
                Duration.ofSeconds(30));
    }
}
