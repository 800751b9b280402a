package dev.millrace.engine.store.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of the write-ahead log: its fsync, and room in it. To have a descriptor of this file is safe: SQLite's locks are
 * on the other two.
 *
 * <p><b>The fsync</b> of a commit is this class's and not SQLite's, so that there is a moment between the two: what was
 * committed with {@code synchronous=NORMAL} is written in order and no more, and {@link #sync} makes of it what FULL would
 * have. (When the log begins anew from its front, SQLite syncs the new header before any frame, with NORMAL, too.)
 *
 * <p><b>Room</b> is made while the writer has nothing else to do. A commit that overwrites what the file has waits for its
 * bytes alone; one that makes the file longer waits for the file system's own journal, too (ext4: 0.5 ms against 0.9 ms for
 * 20 KiB, of a disk that others use). The room is zeros behind the last frame. SQLite takes the first frame whose checksum is
 * wrong for the end of the log, and begins the log anew from the front of the same file, so zeros at its end mean nothing to
 * it.
 *
 * <p>The writer's, but for {@link #sync}, which any thread may ask for at any time.
 */
class WalFile implements AutoCloseable {
    /** Opens the log of a database, which is open itself. */
    @FunctionalInterface
    interface Opener {
        WalFile open(Path database) throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(WalFile.class);

    /** Made at a time: 1 to 3 ms, for which a send that comes right then waits. */
    static final int STEP = 1 << 20;

    /** About what is written between two checkpoints. If SQLite needs more, room is made behind that. */
    static final long USUAL = 16L << 20;

    private final FileChannel wal;

    /** Of the file, when there was last a look at it. */
    private long length;

    private boolean full;

    /** For the database in this file, which is open. */
    WalFile(Path database) throws IOException {
        Path file = database.resolveSibling(database.getFileName() + "-wal");
        wal = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Whether there is less than usual, or SQLite has used what there was. */
    boolean scarce() {
        try {
            long now = wal.size();
            return !full && (now < USUAL || now > length);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * All that was committed is on the disk when this returns.
     *
     * @throws IOException if the disk failed: then nobody knows what of it is there, and to ask again would tell nothing new
     */
    void sync() throws IOException {
        wal.force(false);
    }

    /**
     * Makes a step's room, and waits for the disk. Without it everything works, only later. The caller holds SQLite's write
     * lock, so that nobody writes a frame where zeros are being written.
     */
    void extend() {
        try {
            long end = wal.size();
            ByteBuffer zeros = ByteBuffer.allocate(STEP);
            while (zeros.hasRemaining()) {
                int written = wal.write(zeros, end + zeros.position());
                LOG.trace("{} bytes of room", written);
            }
            wal.force(false);
            length = wal.size();
        } catch (IOException e) {
            LOG.debug("no room is made in the write-ahead log any more: {}", e.toString());
            full = true;
        }
    }

    @Override
    public void close() throws IOException {
        wal.close();
    }
}
