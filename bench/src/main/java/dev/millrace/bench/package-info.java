/**
 * End-to-end benchmarks of the three laws, over real sockets, each beside the "before" it replaces, in the same run.
 *
 * <p>{@link dev.millrace.bench.Bench} is the way in. An experiment compares variants in interleaved rounds, checks that
 * every event and byte arrived, in order, and fails loudly otherwise: a figure of a run that lost something is no figure.
 */
@NullMarked
package dev.millrace.bench;

import org.jspecify.annotations.NullMarked;
