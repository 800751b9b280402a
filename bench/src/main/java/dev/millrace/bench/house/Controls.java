package dev.millrace.bench.house;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.server.http.Router;

/** What the process that measures asks of a house beside its work. */
record Controls(Gate gate, Starts starts, Starts firstWords, Stages stages) {
    Controls() {
        this(new Gate(), new Starts(), new Starts(), new Stages());
    }

    void register(Router router) {
        router.post("/bench/gate/shut", exchange -> {
            gate.shut();
            exchange.respond(204);
        });
        router.post("/bench/gate/open", exchange -> {
            gate.open();
            exchange.respond(204);
        });
        router.post(
                "/bench/first-words",
                exchange ->
                        exchange.respond(200, "text/plain", firstWords.drain().getBytes(UTF_8)));
        router.post(
                "/bench/stages",
                exchange -> exchange.respond(200, "text/plain", stages.drain().getBytes(UTF_8)));
        router.post(
                "/bench/starts",
                exchange -> exchange.respond(200, "text/plain", starts.drain().getBytes(UTF_8)));
    }
}
