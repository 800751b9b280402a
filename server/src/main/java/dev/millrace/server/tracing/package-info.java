/**
 * Traces: what was done for a request, in this process and in others, as OpenTelemetry has it. The one room that knows
 * OpenTelemetry; the others make {@link dev.millrace.engine.Span spans}. Without a place to send them, nothing of this runs.
 */
@NullMarked
package dev.millrace.server.tracing;

import org.jspecify.annotations.NullMarked;
