package dev.millrace.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A process that works on a store's tasks.
 *
 * @param id under which it holds its tasks now
 * @param here whether it is this one
 * @param left after which time without a sign of life the others take its tasks over; null = it shares its store with none
 * @param running tasks that it holds
 */
public record Replica(String id, boolean here, @Nullable Duration left, long running) {}
