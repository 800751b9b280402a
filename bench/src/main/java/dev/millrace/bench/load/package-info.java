/**
 * The client's side of the load: many connections on one thread, so that it takes as little as it can of the cores that
 * the server needs, and a check of every frame that comes.
 */
@NullMarked
package dev.millrace.bench.load;

import org.jspecify.annotations.NullMarked;
