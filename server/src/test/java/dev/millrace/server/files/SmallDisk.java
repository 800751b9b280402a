package dev.millrace.server.files;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk with room for little: a real one where we may mount it, else one in memory. */
final class SmallDisk implements AutoCloseable {
    private final Path root;
    private final Closeable undo;

    private SmallDisk(Path root, Closeable undo) {
        this.root = root;
        this.undo = undo;
    }

    /**
     * @param mountPoint an empty folder, for a real one
     * @param real whether one is wanted where we may mount it
     */
    static SmallDisk of(int bytes, Path mountPoint, boolean real) throws IOException, InterruptedException {
        if (real && run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", mountPoint.toString())) {
            return new SmallDisk(mountPoint, () -> unmount(mountPoint));
        }
        return inMemory(bytes);
    }

    static SmallDisk inMemory(int bytes) throws IOException {
        FileSystem disk = Jimfs.newFileSystem(
                Configuration.unix().toBuilder().setMaxSize(bytes).build());
        return new SmallDisk(Files.createDirectories(disk.getPath("/uploads")), disk);
    }

    Path root() {
        return root;
    }

    private static void unmount(Path mountPoint) throws IOException {
        try {
            if (!run("umount", mountPoint.toString())) {
                throw new IOException("still mounted: " + mountPoint);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("perhaps still mounted: " + mountPoint, e);
        }
    }

    /** Whether it could be run, and ended well. */
    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        undo.close();
    }
}
