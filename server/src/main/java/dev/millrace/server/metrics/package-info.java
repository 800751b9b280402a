/** What the server counts and times, in the words of Prometheus, and whether it is alive and ready. */
@NullMarked
package dev.millrace.server.metrics;

import org.jspecify.annotations.NullMarked;
