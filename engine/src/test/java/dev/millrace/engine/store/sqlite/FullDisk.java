package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import java.sql.SQLException;

/** Makes a SQLite store believe that its disk is full: the database may not grow any further. */
public final class FullDisk {
    private FullDisk() {}

    /** SQLite lowers the limit to the present size if it is below that. */
    public static void fill(Store store) throws Exception {
        limit(store, 1);
    }

    public static void makeRoom(Store store) throws Exception {
        limit(store, 1_000_000);
    }

    private static void limit(Store store, long pages) throws Exception {
        store.submit("the disk", Durability.WRITTEN, reader -> {
                    try (var rows = ((SqliteReader) reader)
                            .statement("PRAGMA max_page_count=" + pages)
                            .executeQuery()) {
                        return Write.nothing(rows.next());
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .get();
    }
}
