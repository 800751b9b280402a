/** A store that keeps everything in memory, for tests, benchmarks and throwaway agents. */
@NullMarked
package dev.millrace.engine.store.memory;

import org.jspecify.annotations.NullMarked;
