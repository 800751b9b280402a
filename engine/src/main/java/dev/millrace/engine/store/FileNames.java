package dev.millrace.engine.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which uploaded files an event names: wherever {@code /files/uploads/} and an id of 32 hexadecimal digits stand in it, in a
 * part, in a text, in metadata. Rather one too many than one too few: what is named is kept.
 */
public final class FileNames {
    /** What stands before an id. */
    public static final String BEFORE = "/files/uploads/";

    private static final byte[] MARK = BEFORE.getBytes(StandardCharsets.US_ASCII);
    private static final int ID = 32;

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH = 0x8080_8080_8080_8080L;
    private static final long SLASHES = '/' * ONES;

    private FileNames() {}

    /** The ids, in order. Takes time in proportion to the event's length. */
    public static Set<String> in(byte[] json) {
        Set<String> ids = Set.of();
        for (int at = slash(json, 0); at + MARK.length + ID <= json.length; at = slash(json, at + 1)) {
            if (marked(json, at) && isId(json, at + MARK.length)) {
                if (ids.isEmpty()) {
                    ids = new TreeSet<>();
                }
                ids.add(new String(json, at + MARK.length, ID, StandardCharsets.US_ASCII));
                at += MARK.length + ID - 1;
            }
        }
        return ids;
    }

    /** The next slash from there on; the length if there is none. Looks at eight bytes at a time. */
    private static int slash(byte[] json, int from) {
        int at = from;
        for (; at <= json.length - Long.BYTES; at += Long.BYTES) {
            long other = (long) EIGHT.get(json, at) ^ SLASHES;
            long found = (other - ONES) & ~other & HIGH; // the high bit of each byte that is zero, from the lowest on
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (at < json.length && json[at] != '/') {
            at++;
        }
        return at;
    }

    private static boolean marked(byte[] json, int at) {
        for (int i = 1; i < MARK.length; i++) {
            if (json[at + i] != MARK[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isId(byte[] json, int at) {
        for (int i = 0; i < ID; i++) {
            byte b = json[at + i];
            if (!((b >= '0' && b <= '9') || (b >= 'a' && b <= 'f'))) {
                return false;
            }
        }
        return true;
    }
}
