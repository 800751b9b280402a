package dev.millrace.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Tells versions of a local file apart: size, time of last modification in nanoseconds, and which file it is (inode).
 *
 * <p>What it cannot see: a file written twice, to the same size, within one tick of the file system's clock (up to 4 ms
 * on older Linux), and a writer that puts the old time of modification back. Programs that rename a finished file into
 * place are always seen.
 */
record FileVersion(long size, Instant modified, Object key) {
    private static final int SAMPLE = 4096;
    private static final int DIGEST_BYTES = 8;

    /** The version that is at this path now. Links are not followed; null if it is not a regular file. */
    static @Nullable FileVersion at(Path path) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
            return null;
        }
        Object key = attributes.fileKey();
        return new FileVersion(
                attributes.size(), attributes.lastModifiedTime().toInstant(), key == null ? "none" : key);
    }

    /** Whether the file that this is a version of was written in place since. Replaced or removed is not written. */
    boolean writtenInPlace(Path path) throws IOException {
        try {
            FileVersion now = at(path);
            return now != null && now.key.equals(key) && !now.equals(this);
        } catch (NoSuchFileException removed) {
            return false;
        }
    }

    /**
     * A strong tag: the same on every server that reads this file or a copy of it that kept the time ({@code cp -p},
     * {@code rsync -a}), and after a restart. It holds the size, the time, and a digest of 4 KiB at the beginning, in the
     * middle and at the end. So it holds no inode, which differs between copies; what an inode would tell, that one file took
     * another's place, is told by the digest where both have one size and one time, unless they differ elsewhere only.
     *
     * @param channel of this version
     */
    EntityTag tag(FileChannel channel) throws IOException {
        return EntityTag.strong(Long.toHexString(size)
                + '-'
                + Long.toHexString(modified.getEpochSecond())
                + '.'
                + Integer.toHexString(modified.getNano())
                + '-'
                + digest(channel));
    }

    private String digest(FileChannel channel) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
        ByteBuffer sample = ByteBuffer.allocate(SAMPLE);
        for (long at : new long[] {0, Math.max(0, size / 2 - SAMPLE / 2), Math.max(0, size - SAMPLE)}) {
            sample.clear();
            while (sample.hasRemaining() && channel.read(sample, at + sample.position()) > 0) {}
            digest.update(sample.flip());
        }
        return HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES);
    }
}
