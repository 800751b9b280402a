package dev.millrace.files;

/**
 * A run of bytes, both ends included (as in {@code Content-Range}).
 *
 * @param first offset of the first byte
 * @param last offset of the last byte, at least {@code first}
 */
public record ByteRange(long first, long last) {
    public ByteRange {
        if (first < 0 || last < first || last == Long.MAX_VALUE) {
            throw new IllegalArgumentException("not a range of bytes: " + first + "-" + last);
        }
    }

    /** How many bytes. */
    public long length() {
        return last - first + 1;
    }
}
