package dev.millrace.server.files;

import dev.millrace.files.Source;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where uploaded files are once they are whole, each at {@code ID/NAME} beside what is known of it at {@code
 * ID/about.json}. Safe for use by many threads.
 */
interface Vault extends AutoCloseable {
    /** What is known of a whole file; empty if there is none with this id. */
    Optional<Uploads.About> find(String id) throws IOException;

    /** What was remembered of a file is asked again the next time: another server may have removed it. */
    default void forget(String id) {}

    /** Names all that are here, once, as they are found. */
    void forEach(Consumer<Uploads.About> found) throws IOException;

    /** All bytes of a file. */
    byte[] read(Uploads.About about) throws IOException;

    /** Removes a file. Readers that have it open may read on. */
    void delete(Uploads.About about) throws IOException;

    /** Gives files at {@code ID/NAME}. Closed by whoever asked for it. */
    Source source();

    @Override
    void close();
}
