package dev.millrace.server.openai;

import dev.millrace.engine.Engine;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What OpenAI's clients speak, under {@value #ROOT}: agents are models, a response is a task. Any thread; holds no state of
 * its own.
 */
public final class OpenAiApi {
    /** Where it is. */
    public static final String ROOT = "/v1";

    private final Engine engine;
    private final Identity identity;

    /** Serves this engine; each request acts for the owner that {@code identity} names. */
    public OpenAiApi(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** Adds the routes of the API. */
    public void register(Router router) {
        var models = new AgentModels(engine.agents());
        var completions = new Completions(engine, identity, models);
        var responses = new Responses(engine, identity, models);
        router.get(ROOT + "/models", Errors.told(exchange -> list(exchange, models)))
                .get(ROOT + "/models/{id...}", Errors.told(exchange -> get(exchange, models)))
                .post(ROOT + "/chat/completions", Errors.told(completions::create))
                .post(ROOT + "/responses", Errors.told(responses::create))
                .get(ROOT + "/responses/{id}", Errors.told(responses::get))
                .post(ROOT + "/responses/{id}/cancel", Errors.told(responses::cancel));
    }

    private void list(Exchange exchange, AgentModels models) throws HttpProblem, IOException {
        identity.owner(exchange);
        ObjectNode body = Json.object().put("object", "list");
        ArrayNode data = body.putArray("data");
        models.ids().forEach(id -> data.add(model(id)));
        Json.respond(exchange, 200, body);
    }

    private void get(Exchange exchange, AgentModels models) throws HttpProblem, IOException, Refusal {
        identity.owner(exchange);
        Json.respond(
                exchange, 200, model(models.choose(exchange.pathParameter("id")).id()));
    }

    /** Agents have no date of birth; clients want one. */
    private static ObjectNode model(String id) {
        return Json.object()
                .put("id", id)
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", "millrace");
    }
}
