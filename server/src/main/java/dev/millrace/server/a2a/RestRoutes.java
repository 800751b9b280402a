package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;

/**
 * The routes of HTTP+JSON (A2A v1.0, 5.3 and 11.3) under the base of each agent, with and without a tenant before them.
 * The first piece after the base is an agent if there is one of that name, else a tenant of the default agent.
 *
 * <p>Subscribing goes by GET (the protocol's definition) and by POST (its text): clients of both readings are about.
 */
record RestRoutes(RestEndpoint endpoint, AgentCatalog agents, Callers callers) {

    void register(Router router, String root) {
        for (String base : new String[] {root, root + "/{agent}", root + "/{agent}/{tenant}"}) {
            router.post(base + "/message:send", to(endpoint::send));
            router.post(base + "/message:stream", to(endpoint::stream));
            router.get(base + "/tasks", to(endpoint::list));
            router.get(base + "/tasks/{id}", to(endpoint::get));
            router.post(base + "/tasks/{id}:cancel", to(endpoint::cancel));
            router.get(base + "/tasks/{id}:subscribe", to(endpoint::subscribe));
            router.post(base + "/tasks/{id}:subscribe", to(endpoint::subscribe));
            String configs = base + "/tasks/{id}/pushNotificationConfigs";
            router.post(configs, to(endpoint::createPush));
            router.get(configs, to(endpoint::listPushes));
            router.get(configs + "/{config}", to(endpoint::getPush));
            router.delete(configs + "/{config}", to(endpoint::deletePush));
            router.get(base + "/extendedAgentCard", to(endpoint::extendedCard));
        }
    }

    private dev.millrace.server.http.Endpoint to(RestEndpoint.Operation operation) {
        return new dev.millrace.server.http.Endpoint() {
            @Override
            public void handle(Exchange exchange) throws IOException, InterruptedException {
                endpoint.run(exchange, RestRoutes.this::caller, operation);
            }

            @Override
            public void refuse(Exchange exchange, HttpProblem refusal) throws IOException {
                endpoint.refuse(exchange, refusal);
            }
        };
    }

    private Caller caller(Exchange exchange) throws HttpProblem {
        String first = exchange.findPathParameter("agent").orElse(null);
        String second = exchange.findPathParameter("tenant").orElse(null);
        if (first == null) {
            return callers.of(exchange, agents.byDefault().name(), null);
        }
        AgentCatalog.Listing agent = agents.find(first);
        if (agent != null) {
            return callers.of(exchange, agent.name(), second);
        }
        if (second != null) {
            throw HttpProblem.notFound("There is no agent of that name here.");
        }
        return callers.of(exchange, agents.byDefault().name(), first);
    }
}
