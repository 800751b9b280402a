package dev.millrace.protocol.json;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects what a generator writes. A generator hands over a small document in one piece, so the common case is one
 * array of exactly the right size, copied once. A large one comes in pieces, which are put together at the end.
 */
final class ExactBytes extends OutputStream {
    private final List<byte[]> pieces = new ArrayList<>(1);
    private int length;

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) {
        length = Math.addExact(length, count);
        pieces.add(Arrays.copyOfRange(from, offset, offset + count));
    }

    byte[] bytes() {
        if (pieces.size() == 1) {
            return pieces.getFirst();
        }
        byte[] all = new byte[length];
        int to = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, to, piece.length);
            to += piece.length;
        }
        return all;
    }
}
