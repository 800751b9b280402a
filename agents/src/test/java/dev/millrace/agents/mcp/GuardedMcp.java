package dev.millrace.agents.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An MCP server with one tool, which wants a token, and the authorization server that gives it out. */
final class GuardedMcp implements AutoCloseable {
    private final HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final AtomicInteger given = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile int takenBack;
    private volatile String asked = "";
    private volatile @Nullable String key;
    private volatile boolean broken;

    GuardedMcp() throws IOException {
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/token", this::token);
        http.createContext("/mcp", this::call);
        http.start();
    }

    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
    }

    McpConfig.OAuth client(String secret) {
        return new McpConfig.OAuth(URI.create(url().replace("/mcp", "/token")), "millrace", secret, "tools all");
    }

    int tokensGiven() {
        return given.get();
    }

    int refusals() {
        return refusals.get();
    }

    /** The form by which the last token was asked for. */
    String asked() {
        return asked;
    }

    /** The header X-Key of the last request. */
    @Nullable String key() {
        return key;
    }

    /** Whether calls of tools are answered by an error of HTTP; all else is answered well. */
    void breakCalls(boolean fail) {
        broken = fail;
    }

    /** No token that was given so far is good any more. */
    void takeBack() {
        takenBack = given.get();
    }

    @Override
    public void close() {
        http.stop(0);
    }

    private void token(HttpExchange exchange) throws IOException {
        asked = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        String basic = "Basic " + Base64.getEncoder().encodeToString("millrace:s3cret".getBytes(UTF_8));
        if (basic.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(
                    exchange,
                    200,
                    "{\"access_token\":\"t" + given.incrementAndGet()
                            + "\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
        } else {
            refusals.incrementAndGet();
            answer(exchange, 401, "{\"error\":\"invalid_client\"}");
        }
    }

    private void call(HttpExchange exchange) throws IOException {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        if (token == null || Integer.parseInt(token.substring("Bearer t".length())) <= takenBack) {
            exchange.getResponseHeaders().add("WWW-Authenticate", "Bearer error=\"invalid_token\"");
            answer(exchange, 401, "");
            return;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, "");
            return;
        }
        key = exchange.getRequestHeaders().getFirst("X-Key");
        JsonNode request = JsonMapper.shared().readTree(exchange.getRequestBody());
        if (broken && request.path("method").asString().equals("tools/call")) {
            answer(exchange, 500, "");
            return;
        }
        if (!request.has("id")) {
            answer(exchange, 202, "");
            return;
        }
        String result =
                switch (request.path("method").asString()) {
                    case "initialize" ->
                        "{\"protocolVersion\":" + request.at("/params/protocolVersion")
                                + ",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"guarded\",\"version\":\"1\"}}";
                    case "tools/list" -> "{\"tools\":[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\"}}]}";
                    case "tools/call" ->
                        "{\"content\":[{\"type\":\"text\",\"text\":" + request.at("/params/arguments/message") + "}]}";
                    default -> "{}";
                };
        answer(exchange, 200, "{\"jsonrpc\":\"2.0\",\"id\":" + request.path("id") + ",\"result\":" + result + "}");
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }
}
