package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The faults of others ({@code docs/a2a-peers.md}): that each has its test, and the tests that have no better place. */
@Timeout(120)
class FaultTableTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)#(\\w+)`");
    private static final Pattern METHOD = Pattern.compile("\\bvoid (\\w+)\\(");

    @Test
    void every_fault_of_the_table_has_a_test_that_exists() throws Exception {
        Path page = Path.of("../docs/a2a-peers.md");
        var rows = Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("| ") && line.contains("Test#"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(115);
        for (String row : rows) {
            var named = TEST.matcher(row);
            assertThat(named.find()).as(row).isTrue();
            assertThat(methods(named.group(1))).as(row).contains(named.group(2));
        }
    }

    /** Of the classes of this name in all modules: a client's tests are not on this one's class path. */
    private static List<String> methods(String test) throws IOException {
        var methods = new ArrayList<String>();
        try (var modules =
                Files.newDirectoryStream(Path.of(".."), each -> Files.isDirectory(each.resolve("src/test/java")))) {
            for (Path module : modules) {
                try (var files =
                        Files.find(module.resolve("src/test/java"), 20, (file, _) -> file.endsWith(test + ".java"))) {
                    for (Path file : files.toList()) {
                        METHOD.matcher(Files.readString(file)).results().forEach(found -> methods.add(found.group(1)));
                    }
                }
            }
        }
        return methods;
    }

    @ParameterizedTest
    @CsvSource({
        "application/a2a+json, application/a2a+json",
        "application/json, application/json",
        "application/a2a+json; charset=utf-8, application/a2a+json"
    })
    void http_json_takes_and_gives_both_of_its_media_types(String sent, String got) throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("x"))) {
            HttpResponse<String> response = house.send(house.request("/a2a/message:send", "")
                    .setHeader("Content-Type", sent)
                    .POST(BodyPublishers.ofString(A2aHouse.say("hello")))
                    .build());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith(got);
            Task task = (Task) A2aJson.SEND_MESSAGE_RESPONSE.read(JsonText.parse(A2aHouse.bytes(response.body())));
            assertThat(A2aHouse.answer(task)).isEqualTo("x");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void a_task_is_subscribed_to_by_either_verb(String verb) throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate)) {
            Task task = house.task(
                    A2aHouse.say("one", "\"metadata\":{}", "\"configuration\":{\"returnImmediately\":true}"));
            gate.openAll();
            house.awaitState(task.id(), dev.millrace.protocol.TaskState.COMPLETED);
            // An ended task has nothing to follow, which only the operation itself can know.
            HttpResponse<String> response = house.send(house.request("/a2a/tasks/" + task.id() + ":subscribe", "")
                    .method(verb, BodyPublishers.noBody())
                    .build());
            assertThat(response.body()).contains("UNSUPPORTED_OPERATION");
            HttpResponse<String> replay = house.send(house.request("/a2a/tasks/" + task.id() + ":subscribe", "")
                    .method(verb, BodyPublishers.noBody())
                    .header("Last-Event-ID", "0")
                    .build());
            assertThat(replay.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
            assertThat(replay.body()).contains("TASK_STATE_COMPLETED");
        }
    }
}
