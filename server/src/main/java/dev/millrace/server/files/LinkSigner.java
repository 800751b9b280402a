package dev.millrace.server.files;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs links to files and checks them: {@code ?exp=…&kid=…&sig=…}, where {@code sig} is HMAC-SHA-256 (all 256 bits, as
 * base64url) over the link's path, its end and the key's id.
 *
 * <p>Whatever is wrong with a link, checking it takes the same way: an unknown key is replaced by one that nobody has, and
 * signatures are compared in constant time. Safe for use by many threads.
 */
final class LinkSigner {
    private static final Pattern SIGNATURE = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");

    private final LinkKeys keys;
    private final InstantSource clock;
    private final Predicate<String> revoked;
    private final byte[] nobodys =
            LinkKeys.random().secrets().values().iterator().next();

    /** @param revoked whether the link with this signature was revoked */
    LinkSigner(LinkKeys keys, InstantSource clock, Predicate<String> revoked) {
        this.keys = keys;
        this.clock = clock;
        this.revoked = revoked;
    }

    /**
     * A link.
     *
     * @param path what it is for, as {@code source/path}, decoded
     * @param until to the second
     */
    record Link(String path, Instant until, String kid, String signature) {
        String query() {
            return "exp=" + until.getEpochSecond() + "&kid=" + kid + "&sig=" + signature;
        }
    }

    Link sign(String path, Instant until) {
        String seconds = Long.toString(until.getEpochSecond());
        byte[] secret = keys.secrets().getOrDefault(keys.current(), nobodys);
        return new Link(
                path,
                Instant.ofEpochSecond(until.getEpochSecond()),
                keys.current(),
                signature(secret, path, seconds, keys.current()));
    }

    /** The link, if it is one of ours for this path, its time is not over, and it was not revoked. */
    Optional<Link> check(String path, @Nullable String exp, @Nullable String kid, @Nullable String sig) {
        boolean wellFormed = exp != null
                && kid != null
                && sig != null
                && SECONDS.matcher(exp).matches()
                && SIGNATURE.matcher(sig).matches();
        String seconds = exp == null ? "" : exp;
        String id = kid == null ? "" : kid;
        String given = sig == null ? "" : sig;
        byte[] secret = keys.secrets().getOrDefault(id, nobodys);
        String expected = signature(secret, path, seconds, id);
        boolean ours = MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.US_ASCII), given.getBytes(StandardCharsets.UTF_8));
        if (!wellFormed || !ours) {
            return Optional.empty();
        }
        Instant until = Instant.ofEpochSecond(Long.parseLong(seconds));
        return until.isAfter(clock.instant()) && !revoked.test(given)
                ? Optional.of(new Link(path, until, id, given))
                : Optional.empty();
    }

    /** The parts are told apart by line breaks, which no path and no number holds. */
    private static String signature(byte[] secret, String path, String seconds, String kid) {
        byte[] mac = hmac(secret, "millrace link 1\n" + kid + '\n' + seconds + '\n' + path);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(mac);
    }

    static byte[] hmac(byte[] secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java has HmacSHA256", e);
        }
    }
}
