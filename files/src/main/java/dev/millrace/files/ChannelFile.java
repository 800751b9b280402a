package dev.millrace.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One version of a local file, held by an open channel. */
final class ChannelFile implements SourceFile {
    private static final Logger LOG = LoggerFactory.getLogger(ChannelFile.class);

    private final FileInfo info;
    private final FileChannel channel;
    private final Path path;
    private final FileVersion version;

    ChannelFile(FileInfo info, FileChannel channel, Path path, FileVersion version) {
        this.info = info;
        this.channel = channel;
        this.path = path;
        this.version = version;
    }

    @Override
    public FileInfo info() {
        return info;
    }

    @Override
    public BlockLimits limits() {
        return BlockLimits.ANY;
    }

    @Override
    public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
        ByteBuffer window = into.slice(into.position(), block.length());
        try {
            while (window.hasRemaining()) {
                if (channel.read(window, block.offset() + window.position()) < 0) {
                    throw changed("was cut short");
                }
            }
            // After the read: bytes that were there before a change was seen belong to the version that was opened.
            if (version.writtenInPlace(path)) {
                throw changed("was written");
            }
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("interrupted while reading " + info.name());
        } catch (ClosedChannelException e) {
            throw new SourceException.Failed("closed while it was read: " + FilePath.printable(info.name()), e);
        } catch (IOException e) {
            throw new SourceException.Failed("cannot read " + FilePath.printable(info.name()), e);
        }
        into.position(into.position() + block.length());
    }

    private SourceException.Changed changed(String how) {
        return new SourceException.Changed(FilePath.printable(info.name()) + ' ' + how + " while it was read");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written through it, so there is nothing that closing could lose.
            LOG.debug("closing {}", path, e);
        }
    }
}
