package dev.millrace.protocol.json;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a generator writes. A generator hands over a small document in one piece, so the common case is one
 * array of exactly the right size, copied once. A large one comes in pieces, which are put together at the end.
 */
final class ExactBytes extends OutputStream {
    private final List<byte[]> pieces = new ArrayList<>(1);
    private int length;
    private byte @Nullable [] kept;

    /** If this array is written next as a whole, it need not be copied: nobody changes it any more. */
    void mayKeep(byte[] piece) {
        kept = piece;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) {
        length = Math.addExact(length, count);
        pieces.add(from == kept && count == from.length ? from : Arrays.copyOfRange(from, offset, offset + count));
    }

    byte[] bytes() {
        return pieces.size() == 1 ? pieces.getFirst() : around(new byte[0], new byte[0]);
    }

    /** All of it between these two. */
    byte[] around(byte[] before, byte[] after) {
        byte[] all = Arrays.copyOf(before, Math.addExact(length, before.length + after.length));
        int to = before.length;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, to, piece.length);
            to += piece.length;
        }
        System.arraycopy(after, 0, all, to, after.length);
        return all;
    }
}
