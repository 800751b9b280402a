/** JMH benchmarks of the three primitives. Run {@code org.openjdk.jmh.Main} on the classpath of this module. */
@NullMarked
package dev.millrace.bench.core;

import org.jspecify.annotations.NullMarked;
