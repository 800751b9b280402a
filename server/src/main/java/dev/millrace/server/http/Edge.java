package dev.millrace.server.http;

import dev.millrace.core.Sweeper;
import org.jspecify.annotations.Nullable;

/** What all exchanges of one server share. */
record Edge(
        HttpLimits limits,
        Signal stopping,
        Sweeper sweeper,
        Gate gate,
        @Nullable RequestTracer tracer) {}
