package dev.millrace.server.http;

import dev.millrace.core.Sweeper;

/** What all exchanges of one server share. */
record Edge(HttpLimits limits, Signal stopping, Sweeper sweeper, Gate gate) {}
