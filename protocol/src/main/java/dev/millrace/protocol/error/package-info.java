/** A2A's errors, and what each binding makes of them. */
@NullMarked
package dev.millrace.protocol.error;

import org.jspecify.annotations.NullMarked;
