/** What the stores that speak SQL have in common. */
@NullMarked
package dev.millrace.engine.store.sql;

import org.jspecify.annotations.NullMarked;
