package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.LocalPostgres;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's tour, run as it stands against a server, prints what the README says it prints. */
class ReadmeTest {
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    /** Where the README's PostgreSQL is. */
    private static final String DATABASE = "postgresql://postgres:mill@127.0.0.1:5432/postgres";

    @TempDir
    Path folder;

    @Test
    void the_tour_prints_what_it_says() throws Exception {
        assumeTrue(Tour.onThePath("bash") && Tour.onThePath("curl"), "needs bash and curl");
        String readme = Files.readString(PROJECT.resolve("README.md"));
        String tour = readme.substring(readme.indexOf("\n## Tour"), readme.indexOf("\n## As a library"));
        String docs = "docs=" + PROJECT.resolve("docs");
        LocalPostgres database = LocalPostgres.start().orElse(null);
        // The source "mirror" of the README fetches from the server itself; it must know the port before it starts.
        try (database;
                var origin = ServerProcess.serve(Files.createDirectory(folder.resolve("origin")), "--files", docs)) {
            Files.writeString(
                    folder.resolve("millrace.yaml"),
                    Tour.block(tour, "yaml").replace(Tour.ADDRESS, origin.uri().toString()));
            try (var server = ServerProcess.serve(folder, "--files", docs, "--config", "millrace.yaml")) {
                URI address = server.uri();
                List<Tour.Step> steps = Tour.steps(tour);
                assertThat(steps).hasSizeGreaterThan(10);
                if (database == null) {
                    steps.removeIf(step -> step.command().contains(DATABASE));
                }

                var places = new HashMap<>(Map.of(Tour.ADDRESS, address.toString()));
                if (database != null) {
                    places.put(
                            DATABASE,
                            "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + database.port() + "/postgres");
                }
                List<String> printed = Tour.run(folder, steps, places).stream()
                        .map(output -> output.replace(address.toString(), Tour.ADDRESS))
                        .toList();
                Tour.compare(steps, printed);
            }
        }
        assumeTrue(database != null, () -> "all but the part with two servers was run: " + LocalPostgres.missing());
    }

    @Test
    void the_example_is_the_file() throws Exception {
        String example = Files.readString(PROJECT.resolve("examples/src/main/java/dev/millrace/examples/Greeter.java"));
        assertThat(example).endsWith(Tour.block(Files.readString(PROJECT.resolve("README.md")), "java"));
    }

    @Test
    void every_link_leads_to_a_file() throws Exception {
        for (String page :
                new String[] {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"}) {
            String text = Files.readString(PROJECT.resolve(page));
            List<String> links = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)")
                    .matcher(text)
                    .results()
                    .map(link -> link.group(1))
                    .toList();
            assertThat(links)
                    .as(page)
                    .allSatisfy(link -> assertThat(PROJECT.resolve(link)).exists());
        }
    }
}
