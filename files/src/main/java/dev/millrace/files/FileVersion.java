package dev.millrace.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Tells versions of a local file apart: size, time of last modification in nanoseconds, and which file it is (inode).
 *
 * <p>What it cannot see: a file written twice, to the same size, within one tick of the file system's clock (up to 4 ms
 * on older Linux), and a writer that puts the old time of modification back. Programs that rename a finished file into
 * place are always seen.
 */
record FileVersion(long size, Instant modified, Object key) {

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

    /** A strong tag: the same on every process that reads this file, and after a restart. */
    EntityTag tag(Path path) throws IOException {
        return EntityTag.strong(Long.toHexString(size)
                + '-'
                + Long.toHexString(modified.getEpochSecond())
                + '.'
                + Integer.toHexString(modified.getNano())
                + '-'
                + inode(path));
    }

    /** The inode alone, since a file key also holds the device's number, which may differ after a restart. */
    private static String inode(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return "0";
        }
        return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS) instanceof Long ino
                ? Long.toHexString(ino)
                : "0";
    }
}
