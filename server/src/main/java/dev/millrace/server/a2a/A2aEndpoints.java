package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;

/**
 * A2A over JSON-RPC, and the agents' cards, for a router:
 *
 * <ul>
 *   <li>{@code POST /a2a} for the default agent, {@code POST /a2a/{agent}} for each;
 *   <li>{@code GET /.well-known/agent-card.json}, also under each of these paths.
 * </ul>
 *
 * <p>Register and start before the server starts; close after it has stopped. Any thread.
 */
public final class A2aEndpoints implements AutoCloseable {
    private static final String ROOT = "/a2a";
    private static final String CARD = "/.well-known/agent-card.json";

    private final AgentCatalog agents;
    private final Identity identity;
    private final JsonRpcEndpoint jsonRpc;
    private final CardEndpoint cards;
    private final Sweeper sweeper;

    public A2aEndpoints(Engine engine, Identity identity, A2aSettings settings) {
        this.agents = engine.agents();
        this.identity = identity;
        this.sweeper = new Sweeper(settings.heartbeat());
        this.jsonRpc = new JsonRpcEndpoint(new A2aService(engine), sweeper, settings.heartbeat());
        this.cards = new CardEndpoint(settings);
    }

    /** Puts the endpoints on the router. */
    public void register(Router router) {
        router.post(ROOT, exchange -> call(exchange, agents.byDefault()));
        router.post(ROOT + "/{agent}", exchange -> call(exchange, named(exchange)));
        router.get(CARD, exchange -> cards.handle(exchange, agents.byDefault(), ROOT));
        router.get(ROOT + CARD, exchange -> cards.handle(exchange, agents.byDefault(), ROOT));
        router.get(ROOT + "/{agent}" + CARD, exchange -> {
            AgentCatalog.Listing agent = named(exchange);
            cards.handle(exchange, agent, ROOT + "/" + agent.name());
        });
    }

    /** Begins to look after clients that wait long. Once. */
    public void start() {
        sweeper.start();
    }

    private void call(Exchange exchange, AgentCatalog.Listing agent)
            throws HttpProblem, IOException, InterruptedException {
        jsonRpc.handle(exchange, new Caller(identity.owner(exchange), agent.name()));
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
