package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.ModelServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of docs/agents.md, run as they stand, print what the page says. The model is one that says what is expected of
 * it, in the order in which it is asked.
 */
@Timeout(300)
class AgentsTourTest {
    private static final Path PAGE = Path.of("..", "docs", "agents.md");

    @TempDir
    Path folder;

    @Test
    void the_tour_prints_what_it_says() throws Exception {
        assumeTrue(Tour.onThePath("bash") && Tour.onThePath("curl"), "needs bash and curl");
        String page = Files.readString(PAGE);
        String tour = page.substring(page.indexOf("\n## A tour"), page.indexOf("\n## Models\n"));
        try (var model = new ModelServer()) {
            Files.writeString(
                    folder.resolve("millrace.yaml"),
                    Tour.block(tour, "yaml").replace("{name: gpt", "{baseUrl: \"" + model.baseUrl() + "\", name: gpt"));
            script(model);
            try (var server = ServerProcess.serve(folder, "--config", "millrace.yaml")) {
                URI address = server.uri();
                List<Tour.Step> steps = Tour.steps(tour);
                assertThat(steps).hasSizeGreaterThan(7);
                List<String> printed = Tour.run(folder, steps, Map.of(Tour.ADDRESS, address.toString())).stream()
                        .map(output -> output.replace(address.toString(), Tour.ADDRESS))
                        .toList();
                Tour.compare(steps, printed);
            }
        }
    }

    private static void script(ModelServer model) {
        model.then(call -> call.stream().words("A ").words("mill.").end("stop", 30, 4))
                .then(call -> {
                    call.stream().tool(0, "call_1", "locate", "{}");
                    call.calls();
                })
                .then(call -> call.stream().words("In Ulm.").end("stop", 60, 4))
                .then(call ->
                        call.stream().words("They talked of mills and of Ulm.").end("stop", 80, 9))
                .then(call -> call.stream().words("Good morning.").end("stop", 10, 3))
                .then(call -> call.stream().words("Good night.").end("stop", 20, 3))
                .then(AgentsTourTest::works)
                .then(AgentsTourTest::works)
                .then(AgentsTourTest::works)
                .then(AgentsTourTest::works)
                .then(call -> call.stream().words("Good day.").end("stop", 10, 3))
                .then(call -> call.stream().words("Good ").words("evening.").end("stop", 10, 3));
    }

    /** The boss sets its helper to work, waits for it, and tells what it said; the two are asked at the same time. */
    private static void works(ModelServer.Call call) throws Exception {
        call.stream();
        if (!call.body().contains("You let others work.")) {
            call.words("Windmill.").end("stop", 12, 2);
        } else if (!call.body().contains("call_2")) {
            call.tool(0, "call_2", "spawn", "{\"task\":\"Name a mill.\"}").calls();
        } else if (!call.body().contains("call_3")) {
            call.tool(0, "call_3", "wait", "{}").calls();
        } else {
            call.words("My helper says: windmill.").end("stop", 40, 6);
        }
    }
}
