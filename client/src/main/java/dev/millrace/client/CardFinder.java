package dev.millrace.client;

import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Finds an agent's card. */
final class CardFinder {
    /** RFC 8615; A2A v1.0, 8.2. */
    private static final String WELL_KNOWN = "/.well-known/agent-card.json";

    private static final int LARGEST = 4 * 1024 * 1024;

    private final HttpClient http;
    private final ClientSettings settings;

    CardFinder(HttpClient http, ClientSettings settings) {
        this.http = http;
        this.settings = settings;
    }

    /**
     * The card of the agent at this URL: at the well-known place below it, or at the URL itself if that ends in {@code
     * .json}. Empty if the server has none there.
     *
     * @throws A2aException if the server wants credentials, or fails
     */
    Optional<FoundCard> find(URI url, CallHead head) throws IOException, InterruptedException {
        boolean isCard = url.getPath() != null && url.getPath().endsWith(".json");
        URI at = isCard ? url : below(url);
        var key = new CardCache.Key(at, head.headers());
        CardCache cache = settings.cards();
        CardCache.Kept kept = cache == null ? null : cache.find(key);
        if (cache != null && kept != null && cache.fresh(kept)) {
            return Optional.of(kept.found());
        }
        HttpRequest.Builder request = Requests.to(at, head, settings, "application/json", null);
        if (kept != null) {
            kept.ask(request);
        }
        try (SseStream exchange = SseStream.open(http, request.build(), settings.idle(), SseReader.DEFAULT_LIMIT)) {
            int status = exchange.status();
            if (status == 304 && cache != null && kept != null) {
                cache.renew(key, kept, exchange.headers());
                return Optional.of(kept.found());
            }
            byte[] body = exchange.body(LARGEST);
            if (status == 200) {
                Optional<FoundCard> found = read(at, body, isCard);
                if (cache != null && found.isPresent()) {
                    cache.keep(key, found.get(), exchange.headers());
                }
                return found;
            }
            if (!isCard && status != 401 && status != 403 && status < 500) {
                return Optional.empty();
            }
            throw new A2aException(
                    status,
                    null,
                    "the agent card at " + at + " was answered with HTTP status " + status,
                    null,
                    Refusals.retryAfter(exchange));
        }
    }

    private static Optional<FoundCard> read(URI at, byte[] body, boolean sure) throws NotA2a {
        try {
            JsonNode json = JsonText.parse(body);
            return Optional.of(new FoundCard(A2aJson.AGENT_CARD.read(json), json, at));
        } catch (MalformedJson notJson) {
            if (!sure) {
                return Optional.empty(); // a web page that answers every path
            }
            throw new NotA2a("the agent card at " + at + " is not JSON: " + notJson.getMessage(), notJson);
        } catch (InvalidField wrong) {
            throw new NotA2a("the agent card at " + at + " is not one of A2A v1.0: " + wrong.getMessage(), wrong);
        }
    }

    private static URI below(URI url) {
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        String base = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return url.resolve(base + WELL_KNOWN);
    }
}
