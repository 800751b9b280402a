package dev.millrace.engine;

import java.util.Optional;
import java.util.function.Function;

/** Begins spans for work that comes from outside of this process, or from nowhere. Any thread. */
@FunctionalInterface
public interface Spans {
    /** Nothing is recorded. */
    Spans NONE = (kind, name, header) -> Span.NONE;

    /** @param header a request's headers by name: those of W3C Trace Context say which trace it goes on with */
    Span begin(Span.Kind kind, String name, Function<String, Optional<String>> header);
}
