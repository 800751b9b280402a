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
    private final List<byte[]> pieces = new ArrayList<>(3);
    private byte @Nullable [] kept;

    /** If this array is written next as a whole, it need not be copied: nobody changes it any more. */
    void mayKeep(byte[] piece) {
        kept = piece;
    }

    /** Adds an array that nobody changes any more. */
    void add(byte[] piece) {
        pieces.add(piece);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) {
        pieces.add(from == kept && count == from.length ? from : Arrays.copyOfRange(from, offset, offset + count));
    }

    /** In one array, of the caller's own if it is more than one string. */
    byte[] bytes() {
        return pieces.size() == 1 ? pieces.getFirst() : JsonPieces.joined(pieces);
    }

    JsonPieces pieces() {
        return JsonPieces.of(pieces);
    }
}
