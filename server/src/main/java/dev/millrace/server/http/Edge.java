package dev.millrace.server.http;

import dev.millrace.core.Sweeper;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What all exchanges of one server share. */
record Edge(
        HttpLimits limits,
        Signal stopping,
        Sweeper sweeper,
        Gate gate,
        Executor workers,
        @Nullable RequestTracer tracer) {}
