package dev.millrace.files;

/**
 * The unit of one fetch.
 *
 * @param offset of the first byte within the file
 * @param length in bytes, at least 1
 */
public record Block(long offset, int length) {
    public Block {
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException(
                    "a block needs offset >= 0 and length >= 1, not " + offset + "+" + length);
        }
    }

    /** The offset after the last byte. */
    public long end() {
        return offset + length;
    }
}
