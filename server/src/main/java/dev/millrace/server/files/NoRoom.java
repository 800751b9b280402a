package dev.millrace.server.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The disk on which uploads arrive is full, or its owner's share of it is. */
final class NoRoom extends IOException {
    private static final long serialVersionUID = 1L;

    /** With less than this nothing can be taken anyway. */
    private static final long NOTHING = 64 << 10;

    private NoRoom(Path folder, IOException cause) {
        super("no room left in " + folder + ": " + cause.getMessage(), cause);
    }

    /** What a failure to write in this folder means: this, if there is no room in it, or else what it was. */
    static IOException orElse(IOException failure, Path folder) {
        if (failure instanceof NoRoom) {
            return failure;
        }
        // ENOSPC and EDQUOT have no exception of their own; what they say is the system's word for them.
        String said = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (said.contains("no space left") || said.contains("quota") || said.contains("disk space")) {
            return new NoRoom(folder, failure);
        }
        try {
            return Files.getFileStore(folder).getUsableSpace() < NOTHING ? new NoRoom(folder, failure) : failure;
        } catch (IOException e) {
            failure.addSuppressed(e);
            return failure;
        }
    }
}
