package dev.millrace.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.bench.load.Answers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That everything runs and checks what it should. No figure is looked at. */
class BenchTest {
    private static final Plan TRIAL = new Plan(Plan.Size.TRIAL, 1, 1);

    @TempDir
    private Path folder;

    static Iterable<String> experiments() {
        return Bench.experiments().keySet();
    }

    @ParameterizedTest
    @MethodSource("experiments")
    void an_experiment_runs_and_nothing_is_lost(String name) throws Exception {
        var out = new ByteArrayOutputStream();
        var report = new Report(new PrintStream(out, true, UTF_8));

        Objects.requireNonNull(Bench.experiments().get(name)).run(TRIAL, report);

        assertThat(out.toString(UTF_8)).contains("**" + name + ": ");
        report.write(folder.resolve("figures.json"), TRIAL, Instant.EPOCH);
        assertThat(folder.resolve("figures.json")).content().contains("\"table\" : \"" + name + ": ");
    }

    @Test
    void a_benchmark_of_a_primitive_runs() {
        Path json = folder.resolve("jmh.json");

        int code = Bench.run(
                "jmh", "--json", json.toString(), "ringThatCoalesces", "-f", "0", "-wi", "0", "-i", "1", "-r", "10ms");

        assertThat(code).isZero();
        assertThat(json).content().contains("ringThatCoalesces");
    }

    @Test
    void a_page_keeps_its_words_around_new_figures() throws Exception {
        Path page = Files.writeString(
                folder.resolve("page.md"), "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n");
        var report = new Report(new PrintStream(new ByteArrayOutputStream(), true, UTF_8));
        report.add("table", Row.of("here", "this").number("ms", 1.5).target("≤ 2 ms", true));
        report.print("table");

        report.writeMarkdown(page, "the command", Instant.EPOCH);

        assertThat(page)
                .content()
                .startsWith("before\n<!-- figures -->\n\n`the command`, 1970-01-01, ")
                .contains("1 of 1 targets met", "| here     | this    | 1.50 | ≤ 2 ms | yes |")
                .doesNotContain("old")
                .endsWith("\n<!-- end of figures -->\nafter\n");
    }

    @Test
    void a_column_is_drawn_as_bars_as_long_as_its_numbers_and_what_lacks_it_is_left_out() throws Exception {
        var report = new Report(new PrintStream(new ByteArrayOutputStream(), true, UTF_8));
        report.add("table", Row.of("here & there", "Millrace").number("ms", 50));
        report.add("table", Row.of("here & there", "other").number("ms", 100));
        report.add("table", Row.of("here & there", "silent").number("MiB", 1));
        report.draw("picture", "How long", "table", "ms");

        report.writeCharts(folder.resolve("charts"));

        assertThat(folder.resolve("charts/picture.svg"))
                .content()
                .contains("here &amp; there", "width=\"240.0\"", "width=\"480.0\"", ">other<")
                .doesNotContain("silent");
    }

    @Test
    void an_answer_that_lacks_a_word_is_a_loss() {
        assertThatThrownBy(() -> Answers.require(
                        List.of(bytes("{\"result\":{\"task\":{\"id\":\"t\",\"contextId\":\"c\",\"status\":"
                                + "{\"state\":\"TASK_STATE_COMPLETED\"},\"artifacts\":"
                                + "[{\"artifactId\":\"answer\",\"parts\":[{\"text\":\"1 3\"}]}]}}}")),
                        3))
                .isInstanceOf(Lost.class)
                .hasMessageContaining("1 3");
    }

    @Test
    void an_unknown_experiment_is_refused() {
        assertThat(Bench.run("nothing")).isEqualTo(2);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
