package dev.millrace.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The files below one directory, read in place.
 *
 * <p>Everything below it that this process may read is served, names that begin with a dot included. Symbolic links are
 * followed while they stay inside; a link that leads outside, a directory, a device, a pipe or a socket is not found. The
 * check is made on the path with all links resolved, before the file is opened and again after, so that a link that is
 * swapped in between opens nothing.
 *
 * <p>A file that is replaced (renamed over) while it is read goes on from the old one; a file that is cut short or
 * written in place fails with {@link SourceException.Changed}. See {@link FileVersion} for what is compared.
 */
public final class DirectorySource implements Source {
    private static final int OPEN_ATTEMPTS = 3;

    private final Path root;

    /**
     * @param root need not exist yet: until it does, nothing is found in it
     * @throws IllegalArgumentException if {@code root} exists and is no directory
     */
    public DirectorySource(Path root) {
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw new IllegalArgumentException("not a directory: " + root);
        }
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public Access access() {
        return Access.IN_PLACE;
    }

    @Override
    public SourceFile open(String path) throws SourceException {
        FilePath.check(path);
        try {
            Path realRoot = root.toRealPath();
            Path asked = realRoot.resolve(path);
            for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
                ChannelFile file = openOnce(realRoot, asked, path);
                if (file != null) {
                    return file;
                }
            }
            throw new SourceException.Unavailable(
                    "keeps changing while it is opened: " + FilePath.printable(path), Duration.ofSeconds(1));
        } catch (NoSuchFileException | InvalidPathException e) {
            throw new SourceException.NotFound("no such file: " + FilePath.printable(path));
        } catch (AccessDeniedException e) {
            throw new SourceException.Forbidden("not readable: " + FilePath.printable(path));
        } catch (IOException e) {
            throw new SourceException.Failed("cannot read " + FilePath.printable(path), e);
        }
    }

    /** Null if the path led elsewhere, or to another version, by the time the file was open. */
    private static @Nullable ChannelFile openOnce(Path realRoot, Path asked, String path)
            throws IOException, SourceException {
        Path real = insideOf(realRoot, asked, path);
        FileVersion before = FileVersion.at(real);
        if (before == null) {
            throw new SourceException.NotFound("not a regular file: " + FilePath.printable(path));
        }
        FileChannel channel = FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        boolean kept = false;
        try {
            EntityTag tag = before.tag(channel);
            if (!insideOf(realRoot, asked, path).equals(real)
                    || !before.equals(FileVersion.at(real))
                    || channel.size() != before.size()) {
                return null;
            }
            String name = FilePath.name(path);
            FileInfo info = new FileInfo(name, before.size(), MediaTypes.ofName(name), tag, before.modified());
            kept = true;
            return new ChannelFile(info, channel, real, before);
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static Path insideOf(Path realRoot, Path asked, String path) throws IOException, SourceException {
        Path real;
        try {
            real = asked.toRealPath();
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            // A loop of links, a name too long, a file where a directory should be: no path of anything.
            throw new SourceException.NotFound(
                    "no such file: " + FilePath.printable(path) + " (" + e.getReason() + ")");
        }
        if (!real.startsWith(realRoot)) {
            throw new SourceException.NotFound("leads outside: " + FilePath.printable(path));
        }
        return real;
    }
}
