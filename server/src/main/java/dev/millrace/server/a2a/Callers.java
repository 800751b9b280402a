package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.net.URI;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Finds out in whose name, of which agent and on what terms a request asks. */
final class Callers {
    private final AgentCatalog agents;
    private final Identity identity;
    private final Extensions extensions;
    private final @Nullable URI publicBase;

    /** @param publicBase where clients find this server; null = as their requests say */
    Callers(AgentCatalog agents, Identity identity, Extensions extensions, @Nullable URI publicBase) {
        this.publicBase = publicBase;
        this.agents = agents;
        this.identity = identity;
        this.extensions = extensions;
    }

    /** The caller of an HTTP request; the response is told the version and the extensions that hold. */
    Caller of(Exchange exchange, String agent, @Nullable String tenant) throws HttpProblem {
        var caller = new Caller(
                identity.owner(exchange),
                agent,
                tenant,
                ProtocolVersion.of(exchange),
                Extensions.declared(exchange.headers(Extensions.HEADER)),
                Bases.of(publicBase, exchange.secure(), exchange.authority()).orElse(null),
                null);
        exchange.header(ProtocolVersion.HEADER, ProtocolVersion.OURS);
        String active = extensions.active(caller.extensions());
        if (!active.isEmpty()) {
            exchange.header(Extensions.HEADER, active);
        }
        return caller;
    }

    /**
     * The caller of a gRPC request. There is no path in gRPC: the request's tenant says which agent is meant, as
     * {@code agent}, {@code tenant} (of the default agent) or {@code agent/tenant}.
     */
    Caller of(GrpcHead head, @Nullable Instant deadline, String routing) throws HttpProblem {
        int slash = routing.indexOf('/');
        String first = slash < 0 ? routing : routing.substring(0, slash);
        AgentCatalog.Listing named = first.isEmpty() ? null : agents.find(first);
        String tenant = named == null ? routing : slash < 0 ? "" : routing.substring(slash + 1);
        AgentCatalog.Listing agent = named == null ? agents.byDefault() : named;
        return new Caller(
                identity.owner(head),
                agent.name(),
                tenant.isEmpty() ? null : tenant,
                head.header(ProtocolVersion.HEADER).map(String::strip).orElse(""),
                Extensions.declared(head.headers(Extensions.HEADER)),
                Bases.of(publicBase, head.secure(), head.authority()).orElse(null),
                deadline);
    }

    /** Those of the caller's extensions that hold, for the response's header; may be empty. */
    String active(Caller caller) {
        return extensions.active(caller.extensions());
    }
}
