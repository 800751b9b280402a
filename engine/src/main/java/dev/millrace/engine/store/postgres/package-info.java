/**
 * The store that many processes share: PostgreSQL. Decisions are made on what is known here and written by a
 * compare-and-set on the context's version, gathered into groups of one round trip each.
 */
@NullMarked
package dev.millrace.engine.store.postgres;

import org.jspecify.annotations.NullMarked;
