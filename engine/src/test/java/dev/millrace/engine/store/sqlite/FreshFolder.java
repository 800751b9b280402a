package dev.millrace.engine.store.sqlite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Saves each test the making of the tables: an empty folder gets a copy of a database that was made once. */
public final class FreshFolder {
    private static byte @Nullable [] empty;

    private FreshFolder() {}

    /** The folder, with tables in it if there were none. */
    public static synchronized Path in(Path folder) {
        Path database = folder.resolve("millrace.db");
        try {
            if (empty == null) {
                Path once = Files.createTempDirectory("millrace-fresh");
                SqliteStore.open(once).close(); // the last that closes moves its write-ahead log into the database
                empty = Files.readAllBytes(once.resolve("millrace.db"));
            }
            if (Files.notExists(database)) {
                Files.createDirectories(folder);
                Files.write(database, empty);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
