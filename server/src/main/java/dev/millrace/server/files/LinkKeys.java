package dev.millrace.server.files;

import dev.millrace.engine.store.SecretStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys that links are signed with, by their ids. New links are signed with one of them; those signed with another are
 * still good while it is here. To rotate, add a key and name it; to end all links of a key, remove it.
 *
 * @param current the id of the key for new links
 * @param secrets each at least 16 bytes
 */
public record LinkKeys(String current, Map<String, byte[]> secrets) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,32}");
    private static final int LEAST_BYTES = 16;
    private static final int BYTES = 32;

    /** @throws IllegalArgumentException if an id or a secret cannot be used; secrets are not shown */
    public LinkKeys {
        secrets = Map.copyOf(secrets);
        for (Map.Entry<String, byte[]> key : secrets.entrySet()) {
            if (!ID.matcher(key.getKey()).matches()) {
                throw new IllegalArgumentException("a key's id has letters, digits, _ and - only: " + key.getKey());
            }
            if (key.getValue().length < LEAST_BYTES) {
                throw new IllegalArgumentException("the key " + key.getKey() + " needs at least 16 bytes");
            }
        }
        if (!secrets.containsKey(current)) {
            throw new IllegalArgumentException("there is no key " + current + " to sign with");
        }
    }

    /** Keys given as texts, the last of which signs. */
    public static LinkKeys of(Map<String, String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("there is no key");
        }
        var secrets = new LinkedHashMap<String, byte[]>();
        String last = "";
        for (Map.Entry<String, String> key : texts.entrySet()) {
            secrets.put(key.getKey(), key.getValue().getBytes(StandardCharsets.UTF_8));
            last = key.getKey();
        }
        return new LinkKeys(last, secrets);
    }

    /** One random key that nobody else has, and that ends with this process. */
    public static LinkKeys random() {
        byte[] secret = new byte[BYTES];
        byte[] id = new byte[4];
        var random = new SecureRandom();
        random.nextBytes(secret);
        random.nextBytes(id);
        String name = HexFormat.of().formatHex(id);
        return new LinkKeys(name, Map.of(name, secret));
    }

    /** The key in this file, which is made, readable for its owner only, if it is not there. */
    public static LinkKeys inFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] secret = new byte[BYTES];
            new SecureRandom().nextBytes(secret);
            try {
                Files.createDirectories(file.toAbsolutePath().getParent());
                if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                    Files.createFile(
                            file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                } else {
                    Files.createFile(file);
                }
                Files.writeString(file, HexFormat.of().formatHex(secret) + "\n", StandardOpenOption.SYNC);
            } catch (FileAlreadyExistsException e) {
                // Another process was quicker; its key is as good.
            }
        }
        try {
            return one(HexFormat.of().parseHex(Files.readString(file).strip()));
        } catch (IllegalArgumentException e) {
            throw new IOException("this is no key for links, remove it to have a new one made: " + file, e);
        }
    }

    /** The key that all servers of a store share, which is made if there is none. */
    public static LinkKeys inStore(SecretStore store) {
        return one(HexFormat.of().parseHex(store.keep("link-key", () -> {
            byte[] secret = new byte[BYTES];
            new SecureRandom().nextBytes(secret);
            return HexFormat.of().formatHex(secret);
        })));
    }

    private static LinkKeys one(byte[] secret) {
        // The id says nothing about the secret: it comes of a signature with it.
        String id = HexFormat.of().formatHex(LinkSigner.hmac(secret, "the id of this key"), 0, 4);
        return new LinkKeys(id, Map.of(id, secret));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LinkKeys that
                && current.equals(that.current)
                && secrets.keySet().equals(that.secrets.keySet())
                && secrets.entrySet().stream()
                        .allMatch(key -> MessageDigest.isEqual(key.getValue(), that.secrets.get(key.getKey())));
    }

    @Override
    public int hashCode() {
        return Objects.hash(current, secrets.keySet());
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "LinkKeys[current=" + current + ", ids=" + secrets.keySet() + "]";
    }
}
