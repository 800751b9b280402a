/**
 * From an agent to its readers: the journal against a bounded broadcast with a timer for each stream.
 */
@NullMarked
package dev.millrace.bench.stream;

import org.jspecify.annotations.NullMarked;
