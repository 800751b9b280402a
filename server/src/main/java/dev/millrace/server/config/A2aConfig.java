package dev.millrace.server.config;

import dev.millrace.protocol.error.ErrorTable;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What can be chosen of A2A.
 *
 * @param errors which edition of A2A's table of errors holds
 * @param tenants whether a client may part its tasks by tenants of its own naming
 * @param pushTo hosts that may be pushed to wherever they are, private networks and this machine included
 */
public record A2aConfig(ErrorTable errors, boolean tenants, Set<String> pushTo) {

    public A2aConfig {
        pushTo = Set.copyOf(pushTo);
    }

    /** The errors of v1.0.1, no tenants, pushes to public addresses only. */
    public static A2aConfig defaults() {
        return new A2aConfig(ErrorTable.V1_0_1, false, Set.of());
    }

    static A2aConfig read(Section section) {
        ErrorTable errors =
                switch (section.text("errors").orElse("1.0.1")) {
                    case "1.0.1" -> ErrorTable.V1_0_1;
                    case "1.0.0" -> ErrorTable.V1_0_0;
                    case String other ->
                        throw new BadSetting(section.at("errors"), "must be 1.0.1 or 1.0.0, not " + other);
                };
        boolean tenants =
                switch (section.text("tenants").orElse("none")) {
                    case "none" -> false;
                    case "any" -> true;
                    case String other ->
                        throw new BadSetting(section.at("tenants"), "must be none or any, not " + other);
                };
        Set<String> pushTo = Arrays.stream(section.text("pushTo").orElse("").split(",", -1))
                .map(String::strip)
                .filter(host -> !host.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
        section.done();
        return new A2aConfig(errors, tenants, pushTo);
    }
}
