/**
 * Real parts that can be broken on purpose, for tests and benchmarks: a PostgreSQL of one's own, and a network that can be
 * cut. It uses the JDK alone.
 */
@NullMarked
package dev.millrace.testkit;

import org.jspecify.annotations.NullMarked;
