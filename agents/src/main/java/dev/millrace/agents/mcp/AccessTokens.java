package dev.millrace.agents.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Access tokens for one MCP server, by the grant of client credentials (RFC 6749, 4.4) with the server's URL as the resource
 * (RFC 8707, as MCP's authorization asks for). One token serves all requests until shortly before its end, or until the server
 * refuses it; whoever needs one meanwhile waits for the same answer. Any thread.
 */
final class AccessTokens {
    /** A token that ends within this is not used any more: a request takes its time. */
    private static final Duration EARLY = Duration.ofSeconds(30);

    /** RFC 6749 only recommends that the answer says how long a token holds. */
    private static final long USUAL_SECONDS = 3600;

    private final McpConfig.OAuth client;
    private final URI resource;
    private final Duration within;
    private final HttpClient http;
    private @Nullable CompletableFuture<Token> latest;

    private record Token(String value, long usedUntil) {}

    AccessTokens(McpConfig.OAuth client, URI resource, Duration within) {
        this.client = client;
        this.resource = resource;
        this.within = within;
        http = HttpClient.newBuilder()
                .connectTimeout(within)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    /** A token that holds; fails with an IOException if there is none to be had. */
    synchronized CompletableFuture<String> token() {
        CompletableFuture<Token> known = latest;
        if (known == null || !holds(known)) {
            known = CompletableFuture.supplyAsync(this::ask, Thread::startVirtualThread);
            latest = known;
        }
        return known.thenApply(Token::value);
    }

    /** The server took it no more. */
    synchronized void refused() {
        CompletableFuture<Token> known = latest;
        if (known != null && known.isDone()) {
            latest = null;
        }
    }

    private static boolean holds(CompletableFuture<Token> known) {
        return switch (known.state()) {
            case RUNNING -> true;
            case SUCCESS -> known.resultNow().usedUntil() - System.nanoTime() > 0;
            case FAILED, CANCELLED -> false;
        };
    }

    private Token ask() {
        String form = "grant_type=client_credentials&resource=" + encoded(resource.toString())
                + (client.scope() == null ? "" : "&scope=" + encoded(client.scope()));
        String basic = Base64.getEncoder()
                .encodeToString((encoded(client.clientId()) + ":" + encoded(client.clientSecret())).getBytes(UTF_8));
        var request = HttpRequest.newBuilder(client.tokenUrl())
                .timeout(within)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .header("Authorization", "Basic " + basic)
                .POST(BodyPublishers.ofString(form))
                .build();
        try {
            return token(http.send(request, BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new CompletionException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    private Token token(HttpResponse<String> answer) throws IOException {
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(answer.body());
        } catch (JacksonException e) {
            throw new IOException(client.tokenUrl() + " answered " + answer.statusCode() + " and no JSON", e);
        }
        String token = json.path("access_token").asString("");
        if (answer.statusCode() != 200 || token.isEmpty()) {
            throw new IOException(client.tokenUrl() + " gives no token (" + answer.statusCode() + " "
                    + json.path("error").asString("") + "): check clientId, clientSecret and scope");
        }
        Duration holds = Duration.ofSeconds(json.path("expires_in").asLong(USUAL_SECONDS))
                .minus(EARLY);
        return new Token(token, System.nanoTime() + holds.toNanos());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }
}
