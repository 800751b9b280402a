package dev.millrace.server.a2a;

import dev.millrace.engine.ToolCall;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The extensions that agents here know: what the cards say, what a request may and must declare (A2A v1.0, 4.6). */
final class Extensions {
    static final String HEADER = "A2A-Extensions";

    private final List<AgentExtension> known;

    Extensions(List<AgentExtension> more) {
        var all = new java.util.ArrayList<AgentExtension>();
        all.add(AgentExtension.optional(Resumption.URI, Resumption.DESCRIPTION));
        all.add(AgentExtension.optional(
                ToolCall.EXTENSION, "Tools that the client runs: calls in a question, results in the answer."));
        all.addAll(more);
        known = List.copyOf(all);
    }

    List<AgentExtension> known() {
        return known;
    }

    /** The URIs in the lines of a header. */
    static Set<String> declared(Iterable<String> lines) {
        var uris = new LinkedHashSet<String>();
        for (String line : lines) {
            Arrays.stream(line.split(",", -1))
                    .map(String::strip)
                    .filter(uri -> !uri.isEmpty())
                    .forEach(uris::add);
        }
        return uris;
    }

    /** Those of the declared ones that hold for the request, as the response's header names them; may be empty. */
    String active(Set<String> declared) {
        return known.stream()
                .map(AgentExtension::uri)
                .filter(declared::contains)
                .collect(Collectors.joining(", "));
    }

    /** @throws A2aException with EXTENSION_SUPPORT_REQUIRED if a required one was not declared */
    void require(Set<String> declared) {
        for (AgentExtension extension : known) {
            if (extension.required() && !declared.contains(extension.uri())) {
                throw new A2aException(
                        A2aError.EXTENSION_SUPPORT_REQUIRED,
                        "this agent can't be used without the extension " + extension.uri() + "; declare it in "
                                + HEADER,
                        Map.of("extension", extension.uri()));
            }
        }
    }
}
