package dev.millrace.server.files;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;

/** Where uploads are until they are whole. Safe for use by many threads. */
interface Arrivals {
    /** Makes room for an upload. When this returns it can be found, and a crash does not change that. */
    void begin(Uploads.About about) throws IOException;

    /** What is known of an upload that is not whole; empty if it is not here. */
    Optional<Uploads.About> find(String id) throws IOException;

    /** How many bytes are here for good. */
    long offset(Uploads.About about) throws IOException;

    /**
     * Appends what comes, and gives the file to the vault if it is all there then; also if nothing comes, which ends what a
     * crash has kept from ending. One at a time for each upload, among all who share the place.
     *
     * @param limit bytes that the upload may have
     * @return what is known after
     * @throws Uploads.TooLarge if more came; what came before that is kept
     * @throws Uploads.Busy if another is at it
     * @throws NoRoom if there is no room; what was acknowledged before is kept
     */
    Uploads.About append(Uploads.About about, InputStream bytes, long limit) throws IOException;

    /**
     * Removes what is here of an upload, unless somebody is at it.
     *
     * @param unless asked when nobody else can write to it any more; false = it stays
     * @return whether it is gone
     */
    boolean remove(String id, Wanted unless) throws IOException;

    /** Whether an upload is still to be removed. */
    @FunctionalInterface
    interface Wanted {
        boolean get() throws IOException;
    }

    /** Names all that are here, once, as they are found. */
    void forEach(Consumer<Uploads.About> found) throws IOException;
}
