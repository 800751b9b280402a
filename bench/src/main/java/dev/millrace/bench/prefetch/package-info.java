/**
 * From a slow origin to a reader: the window against the barrier, the batch and {@code mapConcurrent}.
 */
@NullMarked
package dev.millrace.bench.prefetch;

import org.jspecify.annotations.NullMarked;
