package dev.millrace.server.a2a;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The query parameters of a GET as the request they stand for (A2A v1.0, 11.5): the JSON forms check them. */
final class RestQuery {
    private RestQuery() {}

    /** Those of the named parameters that were sent. */
    static ObjectNode read(Exchange exchange, String... names) throws HttpProblem {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        for (String name : List.of(names)) {
            Optional<String> value = exchange.queryParameter(name);
            if (value.isPresent() && !value.get().isEmpty()) {
                switch (value.get()) {
                    case "true" -> request.put(name, true);
                    case "false" -> request.put(name, false);
                    default -> request.put(name, value.get());
                }
            }
        }
        return request;
    }
}
