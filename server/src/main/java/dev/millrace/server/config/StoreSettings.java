package dev.millrace.server.config;

import java.nio.file.Path;

/** Where contexts, tasks and events are kept. */
public sealed interface StoreSettings {

    /** In this process's memory: gone when it ends. */
    record Memory() implements StoreSettings {}

    /** In a SQLite database in this folder, which one process at a time holds; made if absent. */
    record Sqlite(Path folder) implements StoreSettings {}
}
