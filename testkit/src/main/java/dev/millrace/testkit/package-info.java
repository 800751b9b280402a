/**
 * Real parts that can be broken on purpose, for tests and benchmarks: a PostgreSQL of one's own, a network that can be
 * cut, and a model that says what the test wants. It uses the JDK alone.
 */
@NullMarked
package dev.millrace.testkit;

import org.jspecify.annotations.NullMarked;
