/**
 * The servers that are measured, each in a process of its own: Millrace, and the two systems before it, rebuilt as small
 * as they can be without being unfair. The process that measures starts and ends them.
 */
@NullMarked
package dev.millrace.bench.house;

import org.jspecify.annotations.NullMarked;
