/**
 * The embedded store: SQLite in WAL mode, one thread that writes with group commit, a few that read.
 */
@NullMarked
package dev.millrace.engine.store.sqlite;

import org.jspecify.annotations.NullMarked;
