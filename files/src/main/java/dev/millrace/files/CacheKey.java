package dev.millrace.files;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Names one unit (64 KiB on the 64 KiB grid, less at the file's end) of one version of one file.
 *
 * @param version of which file: see {@link #version}
 * @param index of the unit
 * @param pinned whether it is of the file's head or tail, which players ask for again and again
 */
record CacheKey(String version, long index, boolean pinned) {
    static final int UNIT = BlockPlan.GRID;

    /** What a player needs to know about a file stands in its first MiB or, for many MP4 files, in its last two. */
    private static final long HEAD = 1L << 20;

    private static final long TAIL = 2L << 20;

    /** Hexadecimal digits of each half of a version's name. */
    private static final int DIGEST = 16;

    /** Names a file of a source, whatever its version: 64 bits of SHA-256, in hexadecimal. */
    static String file(String source, String path) {
        return digest(source, path);
    }

    /**
     * Names a version of a file by everything that tells it apart: which source and path, which is its {@link #file}, and
     * then 64 bits more for its strong tag and its size.
     */
    static String version(String source, String path, EntityTag tag, long size) {
        return file(source, path) + digest(source, path, tag.opaque(), Long.toString(size));
    }

    /** The file of which this is a version. */
    static String fileOf(String version) {
        return version.substring(0, DIGEST);
    }

    private static String digest(String... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                digest.update(part.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest(), 0, DIGEST / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    static CacheKey at(String version, long offset, long size) {
        return new CacheKey(version, offset / UNIT, offset < HEAD || offset >= size - TAIL);
    }

    static int length(long offset, long size) {
        return (int) Math.min(UNIT, size - offset);
    }

    /** As a file's name, from which {@link #ofFileName} reads it again. */
    String fileName() {
        return version + '-' + index + (pinned ? "-p" : "");
    }

    static CacheKey ofFileName(String name) {
        String[] parts = name.split("-", -1);
        if (parts.length < 2 || parts.length > 3 || !parts[0].matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("not the name of a cached unit: " + name);
        }
        return new CacheKey(parts[0], Long.parseLong(parts[1]), parts.length == 3);
    }
}
