package dev.millrace.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** New ids: UUIDs of version 7 (RFC 9562), which sort by the time they were made. Any thread. */
public final class Ids implements Supplier<String> {
    private final InstantSource clock;
    private final RandomGenerator random;

    /** @param random must be safe for use by several threads */
    public Ids(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    @Override
    public String get() {
        byte[] drawn = new byte[Short.BYTES + Long.BYTES]; // at once: a secure generator costs by the call
        random.nextBytes(drawn);
        ByteBuffer bits = ByteBuffer.wrap(drawn);
        long high = (clock.millis() << 16) | 0x7000 | (bits.getShort() & 0x0fff);
        long low = (bits.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }

    /** The id that always belongs to these words: a UUID of version 8 made from their SHA-256. */
    static String of(String... words) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (String word : words) {
                byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
                sha.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
                sha.update(bytes);
            }
            ByteBuffer digest = ByteBuffer.wrap(sha.digest());
            long high = (digest.getLong() & 0xffff_ffff_ffff_0fffL) | 0x8000;
            long low = (digest.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
            return new UUID(high, low).toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
