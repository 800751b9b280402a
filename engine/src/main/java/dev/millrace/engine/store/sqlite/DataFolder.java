package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.StoreFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A folder that belongs to one process at a time: it holds a lock on the file {@value #LOCK}, which the operating
 * system frees when the process dies, however it dies. So whoever holds the lock knows that every lease in the folder
 * that is not its own belongs to a dead process.
 */
final class DataFolder implements AutoCloseable {
    static final String LOCK = "millrace.lock";

    /**
     * The folders that this process holds. It must not so much as open the lock file of one of them again: on POSIX
     * systems, closing any descriptor of a file frees all of the process's locks on it (fcntl(2)).
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private DataFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws StoreFailure if the folder can't be made or written, or another process holds it */
    static DataFolder open(Path folder) {
        try {
            Files.createDirectories(folder);
            Path real = folder.toRealPath();
            if (!HELD.add(real)) {
                throw inUse(folder, " (this process)");
            }
            try {
                return new DataFolder(real, lock(real));
            } catch (IOException | RuntimeException e) {
                HELD.remove(real);
                throw e;
            }
        } catch (IOException e) {
            throw new StoreFailure("the data folder " + folder.toAbsolutePath() + " can't be used: " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case FileAlreadyExistsException file -> "there is a file of that name";
            case AccessDeniedException denied -> "this user may not write there";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(
                folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() == null) {
                throw inUse(folder, readHolder(channel));
            }
            byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(pid), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static StoreFailure inUse(Path folder, String holder) {
        return new StoreFailure("the data folder " + folder.toAbsolutePath() + " is in use by another server" + holder
                + "; stop it, or choose another folder with --data");
    }

    private static String readHolder(FileChannel channel) throws IOException {
        ByteBuffer pid = ByteBuffer.allocate(20);
        channel.read(pid, 0);
        String text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII).strip();
        return text.isEmpty() ? "" : " (process " + text + ")";
    }

    Path database() {
        return folder.resolve("millrace.db");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoreFailure("the data folder " + folder + " could not be released: " + e, e);
        } finally {
            HELD.remove(folder);
        }
    }
}
