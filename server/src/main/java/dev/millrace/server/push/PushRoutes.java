package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.PushStore.DeadLetter;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a client can see of its pushes that A2A has no word for: {@code GET /push/dead-letters} and {@code POST
 * /push/dead-letters/{id}:replay}, and for receivers the key that signs, {@code GET /.well-known/jwks.json}.
 */
public final class PushRoutes {
    private static final String JSON = "application/json";
    private static final int PAGE = 100;

    private final Pushes pushes;
    private final Identity identity;

    public PushRoutes(Pushes pushes, Identity identity) {
        this.pushes = pushes;
        this.identity = identity;
    }

    public void register(Router router) {
        router.get("/push/dead-letters", this::list);
        router.post("/push/dead-letters/{id}:replay", this::replay);
        PushSigner signer = pushes.signer();
        if (signer != null) {
            router.get(
                            "/.well-known/jwks.json",
                            exchange -> exchange.header("Cache-Control", "max-age=300")
                                    .respond(200, JSON, signer.jwks()))
                    .open("/.well-known/jwks.json");
        }
    }

    private void list(Exchange exchange) throws HttpProblem, IOException {
        String after = exchange.queryParameter("after").orElse(null);
        if (after != null && after.indexOf('\0') >= 0) {
            throw HttpProblem.badRequest("\"after\" must be the \"next\" of an answer before.");
        }
        Page<DeadLetter> page = pushes.deadLetters(identity.owner(exchange), PAGE, after);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ArrayNode letters = answer.putArray("deadLetters");
        for (DeadLetter letter : page.items()) {
            letters.addObject()
                    .put("id", letter.id())
                    .put("taskId", letter.taskId())
                    .put("configId", letter.subscription())
                    .put("eventId", letter.offset())
                    .put("attempts", letter.attempts())
                    .put("problem", letter.problem())
                    .put("at", letter.buriedAt().toString());
        }
        answer.put("next", page.next());
        respond(exchange, 200, answer);
    }

    private void replay(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String id = exchange.pathParameter("id");
        String problem = pushes.replay(identity.owner(exchange), id)
                .orElseThrow(() -> HttpProblem.notFound("There is no dead letter " + id + "."));
        boolean taken = problem.isEmpty();
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("delivered", taken);
        if (!taken) {
            answer.put("problem", problem);
        }
        respond(exchange, taken ? 200 : 502, answer);
    }

    private static void respond(Exchange exchange, int status, ObjectNode json) throws IOException {
        exchange.respond(status, JSON, json.toString().getBytes(UTF_8));
    }
}
