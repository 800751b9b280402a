package dev.millrace.engine.store.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room in the write-ahead log, made while the writer has nothing else to do. A commit that overwrites what the file has
 * waits for its bytes alone; one that makes the file longer waits for the file system's own journal, too (ext4: 0.5 ms
 * against 0.9 ms for 20 KiB, of a disk that others use).
 *
 * <p>The room is zeros behind the last frame. SQLite takes the first frame whose checksum is wrong for the end of the
 * log, and begins the log anew from the front of the same file, so zeros at its end mean nothing to it. To have a
 * descriptor of this file is safe: SQLite's locks are on the other two.
 *
 * <p>Not thread-safe. The caller holds SQLite's write lock, so that nobody writes a frame where zeros are being written.
 */
final class WalRoom implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WalRoom.class);

    /** Made at a time: 1 to 3 ms, for which a send that comes right then waits. */
    static final int STEP = 1 << 20;

    /** About what is written between two checkpoints. If SQLite needs more, room is made behind that. */
    static final long USUAL = 16L << 20;

    private final FileChannel wal;

    /** Of the file, when there was last a look at it. */
    private long length;

    private boolean full;

    private WalRoom(FileChannel wal) {
        this.wal = wal;
    }

    /** For the database in this file, which is open. */
    static WalRoom of(Path database) throws IOException {
        Path file = database.resolveSibling(database.getFileName() + "-wal");
        return new WalRoom(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
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

    /** Makes a step's room, and waits for the disk. Without it everything works, only later. */
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
