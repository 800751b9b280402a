package dev.millrace.server.http;

import org.jspecify.annotations.Nullable;

/** Stands around the answer to each request but gRPC's, whose calls its services know better. Any thread. */
@FunctionalInterface
public interface RequestTracer {

    /** Has the request answered, on the calling thread, once. */
    void trace(Arrival request, Answering answering);

    /** Answers the request; a stream's answer lasts as long as the stream. */
    @FunctionalInterface
    interface Answering {
        Answered answer();
    }

    /**
     * What became of a request.
     *
     * @param status of the response
     * @param route the path that it was taken by, with names in place of parameters; null = there is none
     */
    record Answered(int status, @Nullable String route) {}
}
