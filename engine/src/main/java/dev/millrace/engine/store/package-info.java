/**
 * What a store must do: decide and write one context's change as one transaction, in order, and read consistently.
 * Stores know no rules; the engine hands them functions.
 */
@NullMarked
package dev.millrace.engine.store;

import org.jspecify.annotations.NullMarked;
