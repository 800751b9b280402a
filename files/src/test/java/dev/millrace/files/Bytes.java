package dev.millrace.files;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** Content for tests, and what became of it. */
final class Bytes {
    private Bytes() {}

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] slice(byte[] bytes, ByteRange range) {
        return Arrays.copyOfRange(bytes, (int) range.first(), (int) range.last() + 1);
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] readAll(RangeReader reader) throws SourceException, InterruptedException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ByteBuffer some = reader.next(); some != null; some = reader.next()) {
            byte[] copy = new byte[some.remaining()];
            some.get(copy);
            all.writeBytes(copy);
        }
        return all.toByteArray();
    }

    static byte[] fetch(SourceFile file, long offset, int length) throws SourceException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        file.fetch(new Block(offset, length), buffer);
        return buffer.array();
    }
}
