package dev.millrace.server.a2a;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In whose name something is asked, of which agent, and on what terms. Owner, tenant and agent bound what is seen: tasks of
 * others do not exist.
 *
 * @param identity who asks, as {@link dev.millrace.server.auth.Identity} has it
 * @param agent the agent's name, one of the catalog's
 * @param tenant the tenant that the request's address names, or null; a request may name the same in its {@code tenant}
 * @param version the version of A2A that is asked for; empty means 0.3 (A2A v1.0, 3.6.2)
 * @param extensions the URIs of the extensions that the client declares
 * @param base where the client reaches the server, without a slash at its end; null if the request does not say
 * @param deadline when the client will have given up, or null if it does not say
 */
public record Caller(
        String identity,
        String agent,
        @Nullable String tenant,
        String version,
        Set<String> extensions,
        @Nullable String base,
        @Nullable Instant deadline) {

    /** Between an identity and a tenant: no identity and no tenant has such a character. */
    private static final char TENANT_MARK = '\u001f';

    public Caller {
        extensions = Set.copyOf(extensions);
    }

    /** As the engine knows the caller: who asks, and, apart from all else of theirs, under which tenant. */
    public String owner() {
        return tenant == null ? identity : identity + TENANT_MARK + tenant;
    }

    /** The same caller, under the tenant that the request itself names. */
    Caller under(@Nullable String named) {
        return named == null ? this : new Caller(identity, agent, named, version, extensions, base, deadline);
    }
}
