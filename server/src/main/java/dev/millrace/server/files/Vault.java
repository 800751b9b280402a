package dev.millrace.server.files;

import dev.millrace.files.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where uploaded files are once they are whole, each at {@code ID/NAME} beside what is known of it at {@code
 * ID/about.json}. Safe for use by many threads.
 */
interface Vault extends AutoCloseable {
    /** What is known of a whole file; empty if there is none with this id. */
    Optional<Uploads.About> find(String id) throws IOException;

    /** Takes a file over. When this returns the vault has it, and a crash does not change that. */
    void take(Uploads.About whole, Path file) throws IOException;

    /** All bytes of a file. */
    byte[] read(Uploads.About about) throws IOException;

    /** Removes a file. Readers that have it open may read on. */
    void delete(Uploads.About about) throws IOException;

    /** Gives files at {@code ID/NAME}. Closed by whoever asked for it. */
    Source source();

    @Override
    void close();
}
