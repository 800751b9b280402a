package dev.millrace.bench.acquire;

import dev.millrace.bench.Samples;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What the disk itself takes for the bytes of a send, in the same minute: they are written over old ones, and waited for
 * (fdatasync). Beside this, the rest of a durable send's time is ours.
 */
final class BareDisk implements AutoCloseable {
    /** A new chat's message changes ten pages of 4 KiB (counted with strace). */
    static final int PAGES = 10;

    private static final int PAGE = 4096;
    private static final int ROOM = 16 << 20;

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    private long position;

    private BareDisk(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** On the disk on which the houses have their folders. */
    static BareDisk open() throws IOException {
        Path file = Files.createTempFile("millrace-bench", ".bare");
        var disk = new BareDisk(file, FileChannel.open(file, StandardOpenOption.WRITE));
        for (int written = 0; written < ROOM; written += PAGE) {
            disk.write();
        }
        disk.channel.force(true);
        return disk;
    }

    private void write() throws IOException {
        page.clear();
        position = (position + PAGE) % ROOM;
        while (page.hasRemaining()) {
            int written = channel.write(page, position + page.position());
            if (written == 0) {
                throw new IOException("nothing was written to " + file);
            }
        }
    }

    /** Adds the nanoseconds of so many writes, one after the other. */
    void measure(int count, Samples times) throws IOException {
        for (int i = 0; i < count; i++) {
            long begin = System.nanoTime();
            for (int each = 0; each < PAGES; each++) {
                write();
            }
            channel.force(false);
            times.add((double) (System.nanoTime() - begin));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.delete(file);
    }
}
