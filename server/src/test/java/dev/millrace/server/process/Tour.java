package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.cli.MillraceCommand;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;

/**
 * The commands of a page, run as they stand, and what the page says that they print. A block marked {@code sh} is run; the
 * block without a mark that follows it is its output, in which {@code …} stands for anything.
 */
final class Tour {
    private static final Pattern BLOCK = Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    /** Where the pages' server is. */
    static final String ADDRESS = "http://127.0.0.1:8080";

    private Tour() {}

    record Step(String command, String output) {}

    /** Holds what was printed against what the page says. */
    static void compare(List<Step> steps, List<String> printed) {
        SoftAssertions.assertSoftly(all -> {
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                all.assertThat(printed.get(i)).as(step.command()).matches(expected(step.output()));
            }
        });
    }

    static List<Step> steps(String tour) {
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

    static String block(String text, String mark) {
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

    /**
     * Runs all steps in one shell, as a reader would, and gives what each printed.
     *
     * @param places what stands for what in the commands, such as the address of a server
     */
    static List<String> run(Path folder, List<Step> steps, Map<String, String> places)
            throws IOException, InterruptedException {
        Path launcher = folder.resolve("millrace");
        Files.writeString(
                launcher,
                "#!/bin/sh\nexec '%s' %s \"$@\"\n"
                        .formatted(String.join("' '", ServerProcess.java()), MillraceCommand.class.getName()));
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        var script = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            script.append("{\n%s} >%d.out 2>&1\n".formatted(steps.get(i).command(), i));
        }
        String commands = script.toString();
        for (Map.Entry<String, String> place : places.entrySet()) {
            commands = commands.replace(place.getKey(), place.getValue());
        }
        Path file = Files.writeString(folder.resolve("tour.sh"), commands);
        Process shell = new ProcessBuilder("bash", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("tour.log").toFile())
                .start();
        try {
            assertThat(shell.waitFor(4, TimeUnit.MINUTES))
                    .as(() -> "the tour comes to its end; it had come to " + standing(folder, steps))
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

    /** The last step that was begun, and what it had printed. */
    private static String standing(Path folder, List<Step> steps) {
        int last = IntStream.range(0, steps.size())
                .filter(i -> Files.exists(folder.resolve(i + ".out")))
                .max()
                .orElse(0);
        try {
            return steps.get(last).command() + Files.readString(folder.resolve(last + ".out"));
        } catch (IOException e) {
            return steps.get(last).command();
        }
    }

    static boolean onThePath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
