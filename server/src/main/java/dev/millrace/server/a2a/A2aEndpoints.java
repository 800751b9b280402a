package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.server.push.Pushes;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A2A on its three bindings, and the agents' cards:
 *
 * <ul>
 *   <li>JSON-RPC: {@code POST /a2a} for the default agent, {@code POST /a2a/{agent}} for each;
 *   <li>HTTP+JSON: under these paths, and with a tenant, under {@code /a2a/{tenant}} and {@code /a2a/{agent}/{tenant}}
 *       ({@link RestRoutes});
 *   <li>gRPC: on the port, the agent by the {@code tenant} of its card's interface ({@link GrpcBinding});
 *   <li>{@code GET /.well-known/agent-card.json}, also under each of JSON-RPC's paths.
 * </ul>
 *
 * <p>Register and start before the server starts; close after it has stopped. Any thread.
 */
public final class A2aEndpoints implements AutoCloseable {
    static final String ROOT = "/a2a";

    /** What HTTP+JSON has under every base: an agent of such a name could not be told from it. */
    private static final Set<String> TAKEN = Set.of("tasks", "extendedAgentCard");

    private static final String CARD = "/.well-known/agent-card.json";

    private final AgentCatalog agents;
    private final Callers callers;
    private final JsonRpcEndpoint jsonRpc;
    private final RestRoutes rest;
    private final GrpcBinding grpc;
    private final CardEndpoint cards;
    private final Sweeper sweeper;

    /**
     * @param pushes delivers pushes; null = agents do not push, and their cards say so
     * @throws IllegalArgumentException if an agent has a name that A2A's own paths have
     */
    public A2aEndpoints(Engine engine, Identity identity, A2aSettings settings, @Nullable Pushes pushes) {
        this.agents = engine.agents();
        for (AgentCatalog.Listing agent : agents.all()) {
            if (TAKEN.contains(agent.name())) {
                throw new IllegalArgumentException("an agent can't be named \"" + agent.name() + "\": " + ROOT + "/"
                        + agent.name() + " is a path of A2A's own; give it another name");
            }
        }
        var extensions = new Extensions(settings.extensions());
        this.callers = new Callers(agents, identity, extensions, settings.publicBase());
        var cardsOfAgents = new Cards(settings, extensions, pushes != null);
        this.sweeper = new Sweeper(settings.heartbeat());
        var service = new A2aService(engine, settings.tenants(), extensions, cardsOfAgents, pushes);
        this.jsonRpc = new JsonRpcEndpoint(service, sweeper, settings.heartbeat());
        this.rest = new RestRoutes(
                new RestEndpoint(service, sweeper, settings.heartbeat(), settings.errors()), agents, callers);
        this.grpc = new GrpcBinding(service, callers, settings.errors(), settings.spans());
        this.cards = new CardEndpoint(cardsOfAgents);
    }

    /** Puts the endpoints on the router. */
    public void register(Router router) {
        router.post(ROOT, exchange -> call(exchange, agents.byDefault()));
        router.post(ROOT + "/{agent}", exchange -> call(exchange, named(exchange)));
        rest.register(router, ROOT);
        router.get(CARD, exchange -> cards.handle(exchange, agents.byDefault(), ROOT));
        router.get(ROOT + CARD, exchange -> cards.handle(exchange, agents.byDefault(), ROOT));
        router.get(ROOT + "/{agent}" + CARD, exchange -> {
            AgentCatalog.Listing agent = named(exchange);
            cards.handle(exchange, agent, ROOT + "/" + agent.name());
        });
        // What a client must read to learn how to say who it is.
        router.open(CARD).open(ROOT + CARD).open(ROOT + "/{agent}" + CARD);
    }

    /** Puts the gRPC services (A2A's, health and reflection) on the server's port. */
    public void register(HttpServer.Builder server) {
        grpc.services().forEach(server::grpc);
        server.openGrpc(grpc.health());
        server.onStopping(grpc::stop);
    }

    /** Begins to look after clients that wait long. Once. */
    public void start() {
        sweeper.start();
    }

    private void call(Exchange exchange, AgentCatalog.Listing agent)
            throws HttpProblem, IOException, InterruptedException {
        jsonRpc.handle(exchange, callers.of(exchange, agent.name(), null));
    }

    private AgentCatalog.Listing named(Exchange exchange) throws HttpProblem {
        AgentCatalog.Listing found = agents.find(exchange.pathParameter("agent"));
        if (found == null) {
            throw HttpProblem.notFound("There is no agent of that name here.");
        }
        return found;
    }

    @Override
    public void close() {
        sweeper.close();
    }
}
