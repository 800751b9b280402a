package dev.millrace.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.RequestHead;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Browsers that have proved once whose they are, and hold a cookie that says so. The server keeps nothing of them: the
 * cookie names the owner, the proof and its end, with a MAC over them. Any thread.
 *
 * <p>A session lives no longer than its proof: when a key is taken out of the configuration, so are the sessions that it
 * began. Nothing is shown of the proof itself: of a key, the cookie holds the first half of its SHA-256.
 *
 * @param secret what the MACs are made with
 * @param stands whether what a session was begun with would still be believed
 */
record Sessions(Mac256 secret, InstantSource clock, Predicate<String> stands) implements Way {
    /** The cookie's name. With {@code SameSite=Strict} no other site's page can have it sent. */
    static final String COOKIE = "millrace_session";

    /** Sessions begun with a key, which can be taken back at any time. */
    static final Duration WITH_KEY = Duration.ofDays(30);

    /** Sessions begun with an issuer's token: the issuer can't take them back, so they are short. */
    static final Duration WITH_TOKEN = Duration.ofHours(8);

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    /** A key for MACs. */
    record Mac256(SecretKeySpec key) {
        Mac256(byte[] secret) {
            this(new SecretKeySpec(secret, "HmacSHA256"));
        }

        String of(String text) {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(key);
                return BASE64.encodeToString(mac.doFinal(text.getBytes(UTF_8)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has HMAC with SHA-256", e);
            }
        }

        /** Without the key. */
        @Override
        public String toString() {
            return "Mac256";
        }
    }

    /** A new session's cookie value. The proof has no dot in it. */
    String begin(String owner, String proof, Duration length) {
        String said = BASE64.encodeToString(owner.getBytes(UTF_8)) + "." + proof + "."
                + clock.instant().plus(length).getEpochSecond();
        return said + "." + secret.of(said);
    }

    /** An old or a false cookie proves nothing, but it is no attempt either: the browser sends it by itself. */
    @Override
    public @Nullable String owner(RequestHead head) {
        String cookie = cookie(head, COOKIE);
        if (cookie == null) {
            return null;
        }
        int end = cookie.lastIndexOf('.');
        String[] words = cookie.split("\\.", -1);
        if (end < 0 || words.length != 4) {
            return null;
        }
        byte[] right = secret.of(cookie.substring(0, end)).getBytes(UTF_8);
        if (!MessageDigest.isEqual(right, words[3].getBytes(UTF_8))) {
            return null;
        }
        // From here on it is what we wrote.
        boolean over = clock.instant().getEpochSecond() >= Long.parseLong(words[2]);
        return over || !stands.test(words[1])
                ? null
                : new String(Base64.getUrlDecoder().decode(words[0]), UTF_8);
    }

    /** The value of a cookie; null if it was not sent. */
    static @Nullable String cookie(RequestHead head, String name) {
        String all = head.header("Cookie").orElse("");
        for (String each : all.split(";", -1)) {
            String cookie = each.strip();
            if (cookie.startsWith(name + "=")) {
                return cookie.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** Cards tell of what programs can prove, and sessions are for browsers. */
    @Override
    public Map<String, SecurityScheme> schemes() {
        return Map.of();
    }
}
