/** Where a task's events are pushed to, and the operations on such configurations. */
@NullMarked
package dev.millrace.protocol.push;

import org.jspecify.annotations.NullMarked;
