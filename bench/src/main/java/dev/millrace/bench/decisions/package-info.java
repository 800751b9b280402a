/**
 * The figures behind decisions on what to build with.
 */
@NullMarked
package dev.millrace.bench.decisions;

import org.jspecify.annotations.NullMarked;
