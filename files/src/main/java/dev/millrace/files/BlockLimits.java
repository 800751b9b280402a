package dev.millrace.files;

/**
 * Which blocks a source accepts. Whatever these are, no block of a {@link BlockPlan} crosses a 1 MiB line.
 *
 * @param maxBytes the largest block, a power of two from 64 KiB to 1 MiB
 * @param alignment offsets are multiples of this, and so are lengths except at the file's end; a power of two up to 64
 *     KiB, 1 for a source that takes any
 */
public record BlockLimits(int maxBytes, int alignment) {
    /** Any offset, any length up to 1 MiB. */
    public static final BlockLimits ANY = new BlockLimits(BlockPlan.LINE, 1);

    public BlockLimits {
        if (Integer.bitCount(maxBytes) != 1 || maxBytes < BlockPlan.GRID || maxBytes > BlockPlan.LINE) {
            throw new IllegalArgumentException(
                    "maxBytes must be a power of two from 65536 to 1048576, not " + maxBytes);
        }
        if (Integer.bitCount(alignment) != 1 || alignment < 1 || alignment > BlockPlan.GRID) {
            throw new IllegalArgumentException("alignment must be a power of two up to 65536, not " + alignment);
        }
    }
}
