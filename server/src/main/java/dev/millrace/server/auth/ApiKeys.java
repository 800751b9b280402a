package dev.millrace.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.card.ApiKeySecurityScheme;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keys that the server's operator gave out, of which it keeps the hashes alone. A key goes in {@code X-API-Key}, or as a
 * bearer token. Any thread.
 *
 * <p>A key is 256 random bits, so one round of SHA-256 without salt is enough: there is nothing to guess, and no two keys
 * are the same.
 */
public final class ApiKeys implements Way {
    /** The header that clients which have no word for bearer tokens send a key in. */
    public static final String HEADER = "X-API-Key";

    /** What every key begins with, so that people and scanners see what it is. */
    private static final String MARK = "mr_";

    private static final String HASHED = "sha256:";
    private static final int BYTES = 32;

    /** No colon: what stands before one tells other kinds of owners. */
    private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9._@+-]{1,64}");

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    @SuppressWarnings("ArrayRecordComponent") // compared by MessageDigest.isEqual alone
    private record Key(String owner, byte[] hash) {}

    private final Map<String, List<String>> hashes;
    private final List<Key> keys;

    private ApiKeys(Map<String, List<String>> hashes, List<Key> keys) {
        this.hashes = Map.copyOf(hashes);
        this.keys = List.copyOf(keys);
    }

    /**
     * The keys of these owners, each as {@link #hash} made it.
     *
     * @throws IllegalArgumentException if an owner or a hash can't be one; the message does not repeat the hash, which
     *     may be a key by mistake
     */
    public static ApiKeys of(Map<String, List<String>> hashes) {
        var keys = new ArrayList<Key>();
        hashes.forEach((owner, those) -> {
            if (!OWNER.matcher(owner).matches()) {
                throw new IllegalArgumentException(
                        "an owner has 1 to 64 letters, digits and . _ @ + -, not \"" + owner + "\"");
            }
            those.forEach(hash -> keys.add(new Key(owner, parse(owner, hash))));
        });
        return new ApiKeys(hashes, keys);
    }

    private static byte[] parse(String owner, String hash) {
        try {
            byte[] bytes = hash.startsWith(HASHED)
                    ? Base64.getUrlDecoder().decode(hash.substring(HASHED.length()))
                    : new byte[0];
            if (bytes.length == BYTES) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // Told below, without what was sent.
        }
        throw new IllegalArgumentException("what stands for \"" + owner + "\" is no hash of a key; make one with"
                + " 'millrace keys " + owner + "'" + (hash.startsWith(MARK) ? ". A key itself must not be here" : ""));
    }

    /** A new key. It is shown once, to its owner; the server keeps its {@link #hash}. */
    public static String newKey(RandomGenerator random) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        return MARK + BASE64.encodeToString(secret);
    }

    /** The hash of a key, as it stands in the configuration. */
    public static String hash(String key) {
        return HASHED + BASE64.encodeToString(sha256(key));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** What tells a key from others without showing it: half of its hash. */
    static String fingerprint(String key) {
        return fingerprint(sha256(key));
    }

    private static String fingerprint(byte[] hash) {
        return BASE64.encodeToString(Arrays.copyOf(hash, BYTES / 2));
    }

    /** Whether there is a key with this fingerprint. */
    boolean knows(String fingerprint) {
        return keys.stream().anyMatch(key -> fingerprint(key.hash()).equals(fingerprint));
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return keys.isEmpty();
    }

    @Override
    public @Nullable String owner(RequestHead head) throws HttpProblem {
        String key = head.header(HEADER).map(String::strip).orElse(null);
        if (key == null) {
            String bearer = Way.bearer(head);
            key = bearer != null && bearer.startsWith(MARK) ? bearer : null;
        }
        if (key == null) {
            return null;
        }
        byte[] hash = sha256(key);
        String owner = null;
        for (Key known : keys) {
            // All of them, so that the time tells nothing of which.
            if (MessageDigest.isEqual(known.hash(), hash)) {
                owner = known.owner();
            }
        }
        if (owner == null) {
            throw Way.refused("This key is not known here, or not any more.");
        }
        return owner;
    }

    @Override
    public Map<String, SecurityScheme> schemes() {
        return Map.of(
                "apiKey",
                new ApiKeySecurityScheme("A key of this server; also taken as a bearer token.", "header", HEADER));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ApiKeys that && hashes.equals(that.hashes);
    }

    @Override
    public int hashCode() {
        return hashes.hashCode();
    }

    /** Without the hashes. */
    @Override
    public String toString() {
        return "ApiKeys[" + keys.size() + "]";
    }
}
