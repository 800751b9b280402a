/**
 * Real server processes under load, while they are killed, frozen, cut off and restarted, and a checker that proves what
 * every reader and every sender was promised.
 */
@NullMarked
package dev.millrace.bench.chaos;

import org.jspecify.annotations.NullMarked;
