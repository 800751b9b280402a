package dev.millrace.server.auth;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a server, and from where. With no way to prove who one is, everybody who reaches the server may use it.
 *
 * @param keys the keys that were given out
 * @param tokens whose tokens are believed, or null for nobody's
 * @param certificates whether a client's certificate says who it is
 * @param hosts names, beside addresses and {@code localhost}, that clients may call this server by; none = any, if
 *     clients must prove who they are
 * @param origins whose pages may use the server beside its own, such as {@code https://app.example.org}
 * @param rates how much one client may ask for
 * @param operators owners who are told of the server what concerns all owners: whose tasks wait
 */
public record AuthSettings(
        ApiKeys keys,
        @Nullable TokenSettings tokens,
        boolean certificates,
        Set<String> hosts,
        Set<String> origins,
        Rates rates,
        Set<String> operators) {

    public AuthSettings {
        operators = Set.copyOf(operators);
        hosts = Set.copyOf(hosts);
        origins = Set.copyOf(origins);
    }

    /** For everybody, without limits; called by its addresses, and by no page of another origin. */
    public static AuthSettings open() {
        return new AuthSettings(ApiKeys.of(Map.of()), null, false, Set.of(), Set.of(), Rates.NONE, Set.of());
    }

    /** Whether clients must prove who they are. */
    public boolean asks() {
        return !keys.isEmpty() || tokens != null || certificates;
    }

    public AuthSettings withKeys(Map<String, List<String>> hashes) {
        return new AuthSettings(ApiKeys.of(hashes), tokens, certificates, hosts, origins, rates, operators);
    }

    public AuthSettings withTokens(@Nullable TokenSettings those) {
        return new AuthSettings(keys, those, certificates, hosts, origins, rates, operators);
    }

    public AuthSettings withCertificates(boolean those) {
        return new AuthSettings(keys, tokens, those, hosts, origins, rates, operators);
    }

    public AuthSettings withHosts(Set<String> those) {
        return new AuthSettings(keys, tokens, certificates, those, origins, rates, operators);
    }

    public AuthSettings withOrigins(Set<String> those) {
        return new AuthSettings(keys, tokens, certificates, hosts, those, rates, operators);
    }

    public AuthSettings withRates(Rates those) {
        return new AuthSettings(keys, tokens, certificates, hosts, origins, those, operators);
    }

    public AuthSettings withOperators(Set<String> those) {
        return new AuthSettings(keys, tokens, certificates, hosts, origins, rates, those);
    }
}
