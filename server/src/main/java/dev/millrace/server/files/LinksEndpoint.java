package dev.millrace.server.files;

import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Gives links out and takes them back: {@code POST /api/v1/links {"file": "SOURCE/PATH", "expiresIn": SECONDS}} and
 * {@code POST /api/v1/links/revoke {"url": URL}}.
 */
final class LinksEndpoint {
    private static final Duration UNLESS_TOLD = Duration.ofDays(7);
    private static final Duration LONGEST = Duration.ofDays(366);
    private static final int LONGEST_PATH = 4096;

    private final LinkSigner signer;
    private final RevokedLinks revoked;
    private final Set<String> sources;
    private final Uploads.Owners uploads;
    private final Identity identity;
    private final @Nullable URI publicUrl;
    private final InstantSource clock;

    LinksEndpoint(
            LinkSigner signer,
            RevokedLinks revoked,
            Set<String> sources,
            Uploads.Owners uploads,
            Identity identity,
            @Nullable URI publicUrl,
            InstantSource clock) {
        this.signer = signer;
        this.revoked = revoked;
        this.sources = Set.copyOf(sources);
        this.uploads = uploads;
        this.identity = identity;
        this.publicUrl = publicUrl;
        this.clock = clock;
    }

    void register(Router router) {
        router.post("/api/v1/links", Problems.told(this::create));
        router.post("/api/v1/links/revoke", Problems.told(this::revoke));
    }

    private void create(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        JsonNode request = json(exchange);
        String file = text(request, "file");
        int slash = file.indexOf('/');
        String source = slash < 0 ? "" : file.substring(0, slash);
        boolean known = sources.contains(source)
                && (!source.equals(Uploads.SOURCE) || uploads.owns(owner, file.substring(slash + 1)));
        if (!known || file.length() > LONGEST_PATH || file.chars().anyMatch(Character::isISOControl)) {
            throw new HttpProblem(
                    404,
                    "file-not-found",
                    "There is no such file",
                    "\"file\" must be SOURCE/PATH, with one of the server's sources.");
        }
        LinkSigner.Link link = signer.sign(file, clock.instant().plus(lifetime(request)));
        String path = "/files/" + Urls.encoded(file) + '?' + link.query();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("url", base(exchange) + path);
        answer.put("expiresAt", link.until().toString());
        exchange.header("Cache-Control", "no-store")
                .respond(
                        201,
                        "application/json",
                        (JsonMapper.shared().writeValueAsString(answer) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static Duration lifetime(JsonNode request) throws HttpProblem {
        JsonNode seconds = request.get("expiresIn");
        if (seconds == null || seconds.isNull()) {
            return UNLESS_TOLD;
        }
        if (!seconds.isIntegralNumber()
                || !seconds.canConvertToLong()
                || seconds.longValue() < 1
                || seconds.longValue() > LONGEST.toSeconds()) {
            throw HttpProblem.badRequest(
                    "\"expiresIn\" must be a number of seconds, from 1 to " + LONGEST.toSeconds() + ".");
        }
        return Duration.ofSeconds(seconds.longValue());
    }

    private void revoke(Exchange exchange) throws HttpProblem, IOException {
        String _ = identity.owner(exchange);
        URI url;
        Map<String, String> query = new HashMap<>();
        try {
            url = URI.create(text(json(exchange), "url"));
            for (String pair : String.valueOf(url.getRawQuery()).split("&", -1)) {
                String[] words = pair.split("=", 2);
                query.put(words[0], words.length < 2 ? "" : URLDecoder.decode(words[1], StandardCharsets.UTF_8));
            }
        } catch (IllegalArgumentException e) {
            throw HttpProblem.badRequest("\"url\" must be a link that this server gave out.");
        }
        String path = url.getPath() == null ? "" : url.getPath();
        LinkSigner.Link link = signer.check(
                        path.replaceFirst("^/files/", ""), query.get("exp"), query.get("kid"), query.get("sig"))
                .orElseThrow(() ->
                        HttpProblem.badRequest("\"url\" is no link of this server, or it is over or revoked already."));
        revoked.revoke(link);
        exchange.respond(204);
    }

    private static JsonNode json(Exchange exchange) throws HttpProblem, IOException {
        try {
            JsonNode request = JsonMapper.shared().readTree(exchange.body());
            if (request.isObject()) {
                return request;
            }
        } catch (JacksonException e) {
            // Told below.
        }
        throw HttpProblem.badRequest("The body must be a JSON object.");
    }

    private static String text(JsonNode request, String name) throws HttpProblem {
        JsonNode value = request.get(name);
        if (value == null || !value.isString() || value.stringValue().isBlank()) {
            throw HttpProblem.badRequest("\"" + name + "\" must be a text.");
        }
        return value.stringValue();
    }

    private String base(Exchange exchange) {
        if (publicUrl != null) {
            return publicUrl.toString().replaceFirst("/+$", "");
        }
        return (exchange.secure() ? "https://" : "http://")
                + exchange.authority().orElse("localhost");
    }
}
