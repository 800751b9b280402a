package dev.millrace.protocol.card;

import static java.util.stream.Collectors.toMap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a request must satisfy: all of these schemes, each with these scopes.
 *
 * @param schemes for the name of each scheme the scopes it must have; keeps its order
 */
public record SecurityRequirement(Map<String, List<String>> schemes) {

    public SecurityRequirement {
        schemes = Ordered.copy(schemes.entrySet().stream()
                .collect(toMap(
                        Map.Entry::getKey,
                        scheme -> List.copyOf(scheme.getValue()),
                        (first, second) -> second,
                        LinkedHashMap::new)));
    }

    /** One scheme, with these scopes. */
    public static SecurityRequirement of(String scheme, String... scopes) {
        return new SecurityRequirement(Map.of(scheme, List.of(scopes)));
    }
}
