package dev.millrace.server.a2a;

import dev.millrace.protocol.json.InvalidField;
import java.util.regex.Pattern;

/**
 * Which tenants there are, and for whom. A tenant parts the tasks of one owner: what is under one does not exist under
 * another, nor without one. It is no key: two owners who name the same tenant share nothing (A2A v1.0, 13.1). Any thread.
 */
@FunctionalInterface
public interface Tenants {
    /** Whether the owner may act under this tenant. */
    boolean admits(String owner, String tenant);

    /** There are none: a request that names one is refused. */
    static Tenants none() {
        return (owner, tenant) -> false;
    }

    /** Whatever an owner names: letters, digits and {@code . _ ~ -}, at most 64 of them, for it may stand in a path. */
    static Tenants any() {
        // Two names are those of HTTP+JSON's own paths, which would be taken for them.
        Pattern name = Pattern.compile("(?!(tasks|extendedAgentCard)$)[A-Za-z0-9._~-]{1,64}");
        return (owner, tenant) -> name.matcher(tenant).matches();
    }

    /** @throws InvalidField if the owner may not act under this tenant */
    default void require(String owner, String tenant) {
        if (!admits(owner, tenant)) {
            // Quietly to ignore it would let a client believe that tenants are kept apart.
            throw new InvalidField(
                    "tenant", "is not known here: use the one of the interface in the agent's card, or none");
        }
    }
}
