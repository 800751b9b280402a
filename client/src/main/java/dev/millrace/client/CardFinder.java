package dev.millrace.client;

import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds an agent's card, and in it the interface to talk to. */
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
    Optional<AgentCard> find(URI url) throws IOException, InterruptedException {
        boolean isCard = url.getPath() != null && url.getPath().endsWith(".json");
        URI at = isCard ? url : below(url);
        try (SseStream exchange = SseStream.open(
                http,
                Requests.to(at, settings).header("Accept", "application/json").build(),
                settings.idle(),
                SseReader.DEFAULT_LIMIT)) {
            int status = exchange.status();
            byte[] body = exchange.body(LARGEST);
            if (status == 200) {
                return read(at, body, isCard);
            }
            if (!isCard && status != 401 && status != 403 && status < 500) {
                return Optional.empty();
            }
            throw new A2aException(
                    status, null, "the agent card at " + at + " was answered with HTTP status " + status, null);
        }
    }

    private static Optional<AgentCard> read(URI at, byte[] body, boolean sure) throws NotA2a {
        try {
            return Optional.of(A2aJson.AGENT_CARD.read(body));
        } catch (MalformedJson notJson) {
            if (!sure) {
                return Optional.empty(); // a web page that answers every path
            }
            throw new NotA2a("the agent card at " + at + " is not JSON: " + notJson.getMessage(), notJson);
        } catch (InvalidField wrong) {
            throw new NotA2a("the agent card at " + at + " is not one of A2A v1.0: " + wrong.getMessage(), wrong);
        }
    }

    /** The first interface of the card that this client speaks: the card's order is the agent's preference. */
    static AgentInterface choose(AgentCard card) throws NotA2a {
        for (AgentInterface candidate : card.supportedInterfaces()) {
            if (candidate.protocolBinding().equalsIgnoreCase(AgentInterface.JSONRPC)
                    && candidate.protocolVersion().matches("1(\\..*)?")) {
                return candidate;
            }
        }
        String offered = card.supportedInterfaces().stream()
                .map(i -> i.protocolBinding() + " " + i.protocolVersion())
                .collect(Collectors.joining(", "));
        throw new NotA2a(
                "the agent \"" + card.name() + "\" offers no interface that this client speaks (JSONRPC 1.0), only: "
                        + (offered.isEmpty() ? "none" : offered));
    }

    private static URI below(URI url) {
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        String base = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return url.resolve(base + WELL_KNOWN);
    }
}
