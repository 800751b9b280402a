package dev.millrace.server.a2a;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One entry of a JSON-RPC body. */
sealed interface Call {

    /**
     * A call of a method.
     *
     * @param id the id as JSON text, as it was given; null for a notification, which gets no response
     * @param params an object or an array; null if there are none
     */
    record Valid(
            @Nullable String id, String method, @Nullable JsonNode params) implements Call {
        boolean notification() {
            return id == null;
        }
    }

    /** What is no call, and the response that says so. */
    record Broken(String id, Fault fault) implements Call {}
}
