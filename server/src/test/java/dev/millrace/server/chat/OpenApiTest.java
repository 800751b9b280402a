package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.server.files.FileHouse;
import dev.millrace.server.files.FileOptions;
import dev.millrace.server.http.Router;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OpenApiTest {
    private final JsonNode document = new JsonMapper().readTree(OpenApi.document());

    @Test
    void it_describes_every_route_of_chats_and_files_and_no_other(@TempDir Path folder) throws Exception {
        var described = new TreeSet<String>();
        document.required("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> described.add(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + ChatApi.ROOT + path.getKey())));
        var router = new Router();
        try (var engine = new Engine(new MemoryStore(), AgentCatalog.of("a", turn -> {}), EngineSettings.defaults())) {
            new ChatApi(engine, exchange -> "me").register(router);
        }
        try (var files = new FileHouse(Map.of(), FileOptions.DEFAULT, folder, exchange -> "me", null)) {
            files.register(router);
        }
        var routes = new TreeSet<>(router.listing());
        routes.removeIf(route -> !route.contains(" " + ChatApi.ROOT + "/")); // and not the files themselves
        assertThat(described).isEqualTo(routes);
    }

    @Test
    void each_operation_has_an_id_of_its_own_and_its_path_parameters() {
        var ids = new TreeSet<String>();
        document.required("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    String id = operation.getValue().required("operationId").asString();
                    assertThat(ids.add(id)).as(id).isTrue();
                    var named = new TreeSet<String>();
                    for (JsonNode parameter : operation.getValue().path("parameters")) {
                        if (parameter.required("in").asString().equals("path")) {
                            named.add(parameter.required("name").asString());
                        }
                    }
                    var inPath = new TreeSet<String>();
                    var matcher = Pattern.compile("\\{(\\w+)}").matcher(path.getKey());
                    while (matcher.find()) {
                        inPath.add(matcher.group(1));
                    }
                    assertThat(named).as(id).isEqualTo(inPath);
                }));
    }

    @Test
    void what_it_refers_to_is_there() {
        for (JsonNode reference : document.findValues("$ref")) {
            String name = reference.asString().replace("#/components/schemas/", "");
            assertThat(document.required("components").required("schemas").has(name))
                    .as(name)
                    .isTrue();
        }
    }
}
