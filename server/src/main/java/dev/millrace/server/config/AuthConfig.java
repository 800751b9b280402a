package dev.millrace.server.config;

import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.auth.OidcClient;
import dev.millrace.server.auth.Rates;
import dev.millrace.server.auth.TokenSettings;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The section {@code auth}, and what else says who may use the server. */
final class AuthConfig {
    private AuthConfig() {}

    static AuthSettings read(Section auth, Section server, Section limits) {
        AuthSettings settings = keys(auth.section("keys"))
                .withTokens(tokens(auth.section("oidc")))
                .withHosts(hosts(server))
                .withOrigins(origins(server))
                .withRates(rates(limits))
                .withOperators(words(auth, "operators"));
        auth.done();
        return settings;
    }

    private static AuthSettings keys(Section section) {
        var hashes = new LinkedHashMap<String, List<String>>();
        for (String owner : section.names()) {
            hashes.put(owner, List.copyOf(words(section, owner)));
        }
        try {
            return AuthSettings.open().withKeys(hashes);
        } catch (IllegalArgumentException e) {
            throw new BadSetting("auth.keys", String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable TokenSettings tokens(Section section) {
        var issuer = section.text("issuer").map(text -> ConfigFile.url(section.at("issuer"), text));
        var audience = section.text("audience");
        URI jwks = section.text("jwks")
                .map(text -> ConfigFile.url(section.at("jwks"), text))
                .orElse(null);
        String claim = section.text("claim").orElse(TokenSettings.SUBJECT);
        var skew = section.duration("skew");
        OidcClient client = client(section);
        section.done();
        if (issuer.isEmpty()) {
            if (audience.isPresent() || jwks != null || client != null) {
                throw new BadSetting(section.at("issuer"), "is missing: whose tokens are to be believed?");
            }
            return null;
        }
        try {
            TokenSettings defaults = TokenSettings.of(
                    issuer.get(),
                    audience.orElseThrow(() -> new BadSetting(
                            section.at("audience"),
                            "is missing: what do tokens for this server name as their audience (aud)?")));
            return new TokenSettings(
                    defaults.issuer(), defaults.audience(), jwks, claim, skew.orElse(defaults.skew()), client);
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at("issuer"), String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable OidcClient client(Section section) {
        var id = section.text("clientId");
        String secret = section.text("clientSecret").orElse(null);
        var scopes = section.text("scopes");
        if (id.isEmpty()) {
            if (secret != null || scopes.isPresent()) {
                throw new BadSetting(section.at("clientId"), "is missing: as whom does this server ask the issuer?");
            }
            return null;
        }
        try {
            return new OidcClient(
                    id.get(),
                    secret,
                    List.of(scopes.orElse(OidcClient.OPENID).strip().split("[,\\s]+")));
        } catch (IllegalArgumentException e) {
            throw new BadSetting(section.at("scopes"), "must have openid among them");
        }
    }

    private static Set<String> hosts(Section server) {
        return words(server, "hosts").stream()
                .map(host -> host.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Set<String> origins(Section server) {
        Set<String> origins = words(server, "origins");
        for (String origin : origins) {
            if (!origin.equals("*") && !origin.matches("https?://[a-z0-9.\\-\\[\\]:]+")) {
                throw new BadSetting(
                        server.at("origins"),
                        "must be origins such as https://app.example.org, in lower case and without a path, not \""
                                + origin + "\"");
            }
        }
        return origins;
    }

    private static Rates rates(Section limits) {
        int rate = limits.integer("rate", 0, 1_000_000).orElse(0);
        int burst = limits.integer("burst", 1, 1_000_000).orElse(Math.max(1, 2 * rate));
        return new Rates(
                rate, burst, limits.integer("open", 0, Integer.MAX_VALUE).orElse(0));
    }

    private static Set<String> words(Section section, String key) {
        return section.text(key).map(ConfigFile::list).orElse(Set.of());
    }
}
