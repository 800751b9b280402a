/**
 * From a send to its agent: the doorbell against a clock that ticks each second.
 */
@NullMarked
package dev.millrace.bench.acquire;

import org.jspecify.annotations.NullMarked;
