package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.server.cli.MillraceCommand;
import dev.millrace.testkit.LocalPostgres;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README's tour, run as it stands against a server, prints what the README says it prints. A block marked {@code sh}
 * is run; the block without a mark that follows it is its output, in which {@code …} stands for anything.
 */
class ReadmeTest {
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern BLOCK = Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    /** Where the README's server is. */
    private static final String ADDRESS = "http://127.0.0.1:8080";

    /** Where the README's PostgreSQL is. */
    private static final String DATABASE = "postgresql://postgres:mill@127.0.0.1:5432/postgres";

    @TempDir
    Path folder;

    record Step(String command, String output) {}

    @Test
    void the_tour_prints_what_it_says() throws Exception {
        assumeTrue(onThePath("bash") && onThePath("curl"), "needs bash and curl");
        String readme = Files.readString(PROJECT.resolve("README.md"));
        String tour = readme.substring(readme.indexOf("\n## Tour"), readme.indexOf("\n## As a library"));
        String docs = "docs=" + PROJECT.resolve("docs");
        LocalPostgres database = LocalPostgres.start().orElse(null);
        // The source "mirror" of the README fetches from the server itself; it must know the port before it starts.
        try (database;
                var origin = ServerProcess.serve(Files.createDirectory(folder.resolve("origin")), "--files", docs)) {
            Files.writeString(
                    folder.resolve("millrace.yaml"),
                    block(tour, "yaml").replace(ADDRESS, origin.uri().toString()));
            try (var server = ServerProcess.serve(folder, "--files", docs, "--config", "millrace.yaml")) {
                URI address = server.uri();
                List<Step> steps = steps(tour);
                assertThat(steps).hasSizeGreaterThan(10);
                if (database == null) {
                    steps.removeIf(step -> step.command().contains(DATABASE));
                }

                List<String> printed = run(steps, address, database).stream()
                        .map(output -> output.replace(address.toString(), ADDRESS))
                        .toList();

                SoftAssertions.assertSoftly(all -> {
                    for (int i = 0; i < steps.size(); i++) {
                        Step step = steps.get(i);
                        all.assertThat(printed.get(i)).as(step.command()).matches(expected(step.output()));
                    }
                });
            }
        }
        assumeTrue(database != null, () -> "all but the part with two servers was run: " + LocalPostgres.missing());
    }

    @Test
    void the_example_is_the_file() throws Exception {
        String example = Files.readString(PROJECT.resolve("examples/src/main/java/dev/millrace/examples/Greeter.java"));
        assertThat(example).endsWith(block(Files.readString(PROJECT.resolve("README.md")), "java"));
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

    private static List<Step> steps(String tour) {
        var steps = new ArrayList<Step>();
        Matcher block = BLOCK.matcher(tour);
        while (block.find()) {
            if (block.group(1).equals("sh")) {
                steps.add(new Step(block.group(2), ""));
            } else if (block.group(1).isEmpty()
                    && !steps.isEmpty()
                    && !block.group(2).startsWith("./millrace serve")) {
                Step step = steps.removeLast();
                steps.add(new Step(step.command(), block.group(2)));
            }
        }
        return steps;
    }

    private static String block(String text, String mark) {
        return BLOCK.matcher(text)
                .results()
                .filter(block -> block.group(1).equals(mark))
                .findFirst()
                .orElseThrow()
                .group(2);
    }

    /** What was printed, as a pattern: line by line, and a line that is nothing but {@code …} is any number of lines. */
    private static Pattern expected(String output) {
        if (output.isBlank()) {
            return Pattern.compile("\\s*");
        }
        String pattern = output.strip()
                .lines()
                .map(line -> line.equals("…")
                        ? "(?:.*\n)*?"
                        : Arrays.stream(line.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"))
                                + "\n")
                .collect(Collectors.joining());
        return Pattern.compile(pattern);
    }

    /** Runs all steps in one shell, as a reader of the README would, and gives what each printed. */
    private List<String> run(List<Step> steps, URI server, @Nullable LocalPostgres database)
            throws IOException, InterruptedException {
        Path launcher = folder.resolve("millrace");
        Files.writeString(
                launcher,
                "#!/bin/sh\nexec \"%s\" -cp '%s' %s \"$@\"\n"
                        .formatted(
                                ProcessHandle.current().info().command().orElseThrow(),
                                System.getProperty("java.class.path"),
                                MillraceCommand.class.getName()));
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        var script = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            script.append("{\n%s} >%d.out 2>&1\n".formatted(steps.get(i).command(), i));
        }
        String commands = script.toString().replace(ADDRESS, server.toString());
        if (database != null) {
            commands = commands.replace(
                    DATABASE, "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + database.port() + "/postgres");
        }
        Path file = Files.writeString(folder.resolve("tour.sh"), commands);
        Process shell = new ProcessBuilder("bash", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("tour.log").toFile())
                .start();
        try {
            assertThat(shell.waitFor(4, TimeUnit.MINUTES))
                    .as("the tour comes to its end")
                    .isTrue();
        } finally {
            // What the tour has left running in the background, too.
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
        }
        var printed = new ArrayList<String>();
        for (int i = 0; i < steps.size(); i++) {
            printed.add(Files.readString(folder.resolve(i + ".out"))
                            .replace("\r", "")
                            .stripTrailing() + "\n");
        }
        return printed;
    }

    private static boolean onThePath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
