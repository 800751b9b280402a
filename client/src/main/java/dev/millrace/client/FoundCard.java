package dev.millrace.client;

import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A card where it was found.
 *
 * @param json the card as it came, with what this client does not know of
 * @param at where it was
 */
record FoundCard(AgentCard card, JsonNode json, URI at) {

    /**
     * An interface that this client can use.
     *
     * @param url where requests go; for gRPC {@code http://host:port}, or https for TLS
     */
    record Chosen(Binding binding, URI url, AgentInterface stated) {}

    /**
     * The interface to use: the first of the card's that this client speaks, since the card's order is the agent's
     * preference, unless the client has an order of its own.
     *
     * @param preferred the bindings that may be used, the best first; empty for any
     */
    Chosen choose(List<Binding> preferred) throws NotA2a {
        if (preferred.isEmpty()) {
            for (AgentInterface candidate : card.supportedInterfaces()) {
                var binding = Binding.named(candidate.protocolBinding()).filter(Binding::available);
                if (binding.isPresent() && speaks(candidate)) {
                    return chosen(binding.get(), candidate);
                }
            }
        }
        for (Binding binding : preferred) {
            for (AgentInterface candidate : card.supportedInterfaces()) {
                if (candidate.protocolBinding().equalsIgnoreCase(binding.wireName()) && speaks(candidate)) {
                    return chosen(binding, candidate);
                }
            }
        }
        String wanted = (preferred.isEmpty() ? List.of(Binding.values()) : preferred)
                .stream()
                        .filter(binding -> !preferred.isEmpty() || binding.available())
                        .map(binding -> binding.wireName() + " 1.0")
                        .collect(Collectors.joining(", "));
        String offered = card.supportedInterfaces().stream()
                .map(i -> i.protocolBinding() + " " + i.protocolVersion())
                .collect(Collectors.joining(", "));
        throw new NotA2a("the agent \"" + card.name() + "\" offers no interface that this client speaks (" + wanted
                + "), only: " + (offered.isEmpty() ? "none" : offered));
    }

    private static boolean speaks(AgentInterface candidate) {
        return candidate.protocolVersion().matches("1(\\..*)?");
    }

    private Chosen chosen(Binding binding, AgentInterface stated) throws NotA2a {
        try {
            return new Chosen(
                    binding, binding == Binding.GRPC ? dialed(stated.url()) : at.resolve(stated.url()), stated);
        } catch (IllegalArgumentException e) {
            throw new NotA2a("the agent card names an interface that is no URL: " + e.getMessage(), e);
        }
    }

    /** A card says {@code host:port} and not whether that is TLS: it is where the card itself came by TLS. */
    private URI dialed(String hostAndPort) {
        int scheme = hostAndPort.indexOf("://");
        if (scheme < 0) {
            return URI.create(at.getScheme() + "://" + hostAndPort);
        }
        boolean secure = hostAndPort.startsWith("https:") || hostAndPort.startsWith("grpcs:");
        return URI.create((secure ? "https" : "http") + hostAndPort.substring(scheme));
    }
}
