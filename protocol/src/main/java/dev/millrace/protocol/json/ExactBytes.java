package dev.millrace.protocol.json;

import java.io.OutputStream;
import java.util.Arrays;

/**
 * Collects what a generator writes. A generator hands over a small document in one piece, so the common case is one
 * array of exactly the right size, copied once.
 */
final class ExactBytes extends OutputStream {
    private static final byte[] NOTHING = {};

    private byte[] bytes = NOTHING;
    private int length;

    @Override
    public void write(int b) {
        grow(1);
        bytes[length++] = (byte) b;
    }

    @Override
    public void write(byte[] from, int offset, int count) {
        if (length == 0) {
            bytes = Arrays.copyOfRange(from, offset, offset + count);
        } else {
            grow(count);
            System.arraycopy(from, offset, bytes, length, count);
        }
        length += count;
    }

    private void grow(int count) {
        int needed = Math.addExact(length, count);
        if (needed > bytes.length) {
            int roomy = (int) Math.min((long) Integer.MAX_VALUE - 8, 2L * bytes.length);
            bytes = Arrays.copyOf(bytes, Math.max(needed, roomy));
        }
    }

    byte[] bytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
