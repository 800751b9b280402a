package dev.millrace.protocol.json;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * JSON in UTF-8 in one piece, or in several if there is something large in it: then a large text is a piece by itself, which
 * need not be copied to be sent. It is shared with what else it was written into, so nobody may change these arrays.
 */
public final class JsonPieces {
    /** Bytes. To copy less than this is cheaper than to write it by itself. */
    private static final int LARGE = 64 << 10;

    private final List<byte[]> pieces;

    private JsonPieces(List<byte[]> pieces) {
        this.pieces = List.copyOf(pieces);
    }

    /** Neighbours that are small become one. */
    static JsonPieces of(List<byte[]> parts) {
        var pieces = new ArrayList<byte[]>(1);
        for (int from = 0, to; from < parts.size(); from = to) {
            to = from + 1;
            if (parts.get(from).length < LARGE) {
                while (to < parts.size() && parts.get(to).length < LARGE) {
                    to++;
                }
            }
            pieces.add(to - from == 1 ? parts.get(from) : joined(parts.subList(from, to)));
        }
        return new JsonPieces(pieces);
    }

    /** The same in one array. */
    public static JsonPieces of(byte[] json) {
        return new JsonPieces(List.of(json));
    }

    static byte[] joined(List<byte[]> parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        byte[] all = Arrays.copyOf(parts.getFirst(), length);
        int to = parts.getFirst().length;
        for (byte[] part : parts.subList(1, parts.size())) {
            System.arraycopy(part, 0, all, to, part.length);
            to += part.length;
        }
        return all;
    }

    /** One behind the other; none of them may be changed. */
    public List<byte[]> pieces() {
        return pieces;
    }

    /** All in one array, which is not to be changed either. */
    public byte[] bytes() {
        return pieces.size() == 1 ? pieces.getFirst() : joined(pieces);
    }
}
