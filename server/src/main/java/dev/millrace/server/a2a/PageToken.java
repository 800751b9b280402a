package dev.millrace.server.a2a;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.json.InvalidField;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The engine's place in a list, as clients see it: text that means nothing to them, so that it may change. */
final class PageToken {
    private static final String VERSION = "2:";

    private PageToken() {}

    static String write(@Nullable String next) {
        return next == null
                ? ""
                : Base64.getUrlEncoder().withoutPadding().encodeToString((VERSION + next).getBytes(UTF_8));
    }

    static @Nullable String read(@Nullable String token) {
        if (token == null) {
            return null;
        }
        try {
            String text = new String(Base64.getUrlDecoder().decode(token), UTF_8);
            // What PostgreSQL's text can't hold is in no token of ours.
            if (text.startsWith(VERSION) && text.indexOf('\0') < 0) {
                return text.substring(VERSION.length());
            }
        } catch (IllegalArgumentException _) {
            // told below
        }
        throw new InvalidField("pageToken", "is not one that this server gave; leave it out to begin anew");
    }
}
