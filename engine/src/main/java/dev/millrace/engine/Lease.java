package dev.millrace.engine;

import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import org.jspecify.annotations.Nullable;

/**
 * A task that this process may run now, as it was committed.
 *
 * @param message the message to answer, if the transaction that took the lease had it at hand; else the turn reads it
 */
record Lease(TaskRecord task, Context context, @Nullable Message message) {}
