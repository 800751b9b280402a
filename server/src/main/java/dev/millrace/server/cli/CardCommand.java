package dev.millrace.server.cli;

import dev.millrace.client.CardSignatures;
import dev.millrace.client.CardSignatures.Checked;
import dev.millrace.client.CardSignatures.Verdict;
import dev.millrace.client.JsonWebKeys;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.json.A2aJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Shows an agent's card and checks its signatures. */
@Command(
        name = "card",
        description = "Shows the card of the A2A agent at URL, and checks its signatures if it has any.",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it was shown, and a signature is valid if it has any",
            "1:none of its signatures could be verified",
            "2:wrong usage, no connection, no card, or the server refused"
        })
final class CardCommand implements Callable<Integer> {
    private static final int NOT_VERIFIED = 1;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Mixin
    private PeerOptions peer = new PeerOptions();

    @Option(
            names = "--keys",
            paramLabel = "JWKS",
            description = "Trust the keys in this file. Default: those that the card's own server publishes, which "
                    + "shows that the card was not changed on its way and no more.")
    private @Nullable Path keys;

    @Option(names = "--extended", description = "The card that the agent shows to those it knows.")
    private boolean extended;

    @Option(names = "--json", description = "Print the card as JSON, as it came.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        return peer.talk(agent -> {
            AgentCard open = agent.card().orElse(null);
            JsonNode raw = agent.cardJson().orElse(null);
            if (open == null || raw == null) {
                peer.say("there is no agent card at " + peer.url());
                return PeerOptions.REFUSED;
            }
            AgentCard card = extended ? agent.extendedCard() : open;
            JsonNode shown = extended ? A2aJson.AGENT_CARD.tree(card) : raw;
            Screen screen = peer.screen();
            if (json) {
                screen.line(shown.toPrettyString());
            } else {
                show(card, screen);
            }
            return verify(shown, screen);
        });
    }

    private static void show(AgentCard card, Screen screen) {
        screen.line(card.name() + " " + card.version());
        if (!card.description().isEmpty()) {
            screen.line(card.description());
        }
        card.supportedInterfaces()
                .forEach(place -> screen.line("  " + place.protocolBinding() + " " + place.protocolVersion() + "  "
                        + place.url() + (place.tenant() == null ? "" : "  (tenant " + place.tenant() + ")")));
        card.skills().forEach(skill -> screen.line("  skill " + skill.id() + ": " + skill.description()));
        card.capabilities()
                .extensions()
                .forEach(extension ->
                        screen.line("  extension " + extension.uri() + (extension.required() ? " (required)" : "")));
        card.securitySchemes()
                .forEach((name, scheme) -> screen.line("  security " + name + ": "
                        + A2aJson.SECURITY_SCHEME
                                .tree(scheme)
                                .propertyNames()
                                .iterator()
                                .next()));
    }

    private int verify(JsonNode card, Screen screen) throws InterruptedException {
        if (card.path("signatures").isEmpty()) {
            return 0;
        }
        boolean valid = false;
        for (Checked signature : checked(card, screen)) {
            valid |= signature.verdict() == Verdict.VALID;
            String words =
                    switch (signature.verdict()) {
                        case VALID -> "is valid";
                        case INVALID -> "is NOT valid: the card was changed, or signed by somebody else";
                        case UNKNOWN_KEY -> "can't be checked: its key is not among the keys";
                        case UNSUPPORTED -> "can't be checked: it is of a kind that is not known here";
                    };
            screen.say("signature " + signature.algorithm() + " " + signature.keyId() + " " + words);
        }
        return valid ? 0 : NOT_VERIFIED;
    }

    private List<Checked> checked(JsonNode card, Screen screen) throws InterruptedException {
        List<Checked> unchecked = CardSignatures.check(card, JsonWebKeys.none());
        try {
            if (keys != null) {
                return CardSignatures.check(card, JsonWebKeys.read(Files.readAllBytes(keys)));
            }
            URI server = URI.create(peer.url());
            for (Checked signature : unchecked) {
                String place = signature.keySetUrl();
                // A key that anybody could have named is worth nothing: only the server's own is fetched.
                if (place != null && sameOrigin(server, URI.create(place))) {
                    return CardSignatures.check(card, JsonWebKeys.read(fetch(URI.create(place))));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            screen.say("the keys can't be read: " + e.getMessage());
        }
        return unchecked;
    }

    private static boolean sameOrigin(URI one, URI other) {
        return Objects.equals(one.getScheme(), other.getScheme())
                && Objects.equals(one.getHost(), other.getHost())
                && one.getPort() == other.getPort();
    }

    private static byte[] fetch(URI place) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(place).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) {
                throw new IOException(place + " answered with HTTP status " + response.statusCode());
            }
            return response.body();
        }
    }
}
