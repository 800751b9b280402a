package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.RequestKey;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What requests have in common: a body of JSON, and a key that makes a repeated one harmless. */
final class Requests {
    /** The body of a request that has none. */
    static final byte[] NO_BODY = {};

    private static final int MAX_KEY = 255;

    private Requests() {}

    /** The key of a request to a chat; what it stands for is the address and the body. */
    static RequestKey key(Exchange exchange, byte[] json) throws HttpProblem {
        String key = key(exchange);
        return key == null
                ? RequestKey.NONE
                : new RequestKey(key, print(exchange.method() + " " + exchange.path(), json));
    }

    /** The idempotency key that was sent, if one was. */
    static @Nullable String key(Exchange exchange) throws HttpProblem {
        String key = exchange.header("Idempotency-Key").orElse(null);
        if (key != null && !valid(key)) {
            throw new HttpProblem(
                            400,
                            "invalid-header",
                            "A header is not valid",
                            "Idempotency-Key: must have 1 to " + MAX_KEY
                                    + " visible ASCII characters; a new UUID for each request is a good one.")
                    .with("header", "Idempotency-Key");
        }
        return key;
    }

    private static boolean valid(String key) {
        return !key.isEmpty() && key.length() <= MAX_KEY && key.chars().allMatch(c -> c > ' ' && c < 127);
    }

    static String print(String request, byte[] json) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update((request + "\n").getBytes(UTF_8));
            return HexFormat.of().formatHex(sha.digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The body, which must be JSON. */
    static byte[] json(Exchange exchange) throws HttpProblem, IOException {
        @Nullable String type = exchange.header("Content-Type").orElse(null);
        if (type == null || !isJson(type)) {
            // Also keeps out the forms of other web sites: a browser asks before it sends them JSON.
            throw new HttpProblem(
                            415,
                            "unsupported-media-type",
                            "The request body must be JSON",
                            (type == null ? "There is no Content-Type" : "The Content-Type is \"" + type + "\"")
                                    + "; send \"application/json\" in UTF-8.")
                    .header("Accept-Post", "application/json");
        }
        return exchange.body();
    }

    private static boolean isJson(String type) {
        String[] pieces = type.toLowerCase(Locale.ROOT).split(";", -1);
        if (!pieces[0].strip().equals("application/json")) {
            return false;
        }
        for (int i = 1; i < pieces.length; i++) {
            String parameter = pieces[i].strip().replace("\"", "");
            if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
                return false;
            }
        }
        return true;
    }
}
