package dev.millrace.bench.simulate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

@Timeout(900)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SimulationTest {
    private static final int SEEDS = 2000;

    private static @Nullable Quiet quiet;

    @BeforeAll
    static void beQuiet() {
        quiet = new Quiet();
    }

    @AfterAll
    static void speakAgain() {
        Objects.requireNonNull(quiet).close();
    }

    /** Seeds that found something once, by what that was: see the file. */
    static List<Long> corpus() throws IOException {
        try (var lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(SimulationTest.class.getResourceAsStream("corpus.txt")), UTF_8))) {
            return lines.lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .map(Long::valueOf)
                    .toList();
        }
    }

    @Order(1)
    @ParameterizedTest
    @MethodSource("corpus")
    void what_was_found_once_is_not_found_again(long seed) {
        requireNothingFound(Simulation.run(seed, 100));
    }

    private static void requireNothingFound(Simulation.Result result) {
        if (result.finding() != null) {
            throw new AssertionError(
                    String.join("\n", result.trace()) + "\nfound by ./millrace bench simulate --seed " + result.seed(),
                    result.finding());
        }
    }

    @Order(2)
    @Test
    void no_seed_breaks_a_promise() {
        Set<Boolean> shared = new HashSet<>();
        Set<Scheduler.Order> orders = EnumSet.noneOf(Scheduler.Order.class);
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation.Result result = Simulation.run(seed, 0);
            requireNothingFound(result.finding() == null ? result : Simulation.run(seed, 100));
            shared.add(result.scenario().shared());
            orders.add(result.scenario().order());
        }
        assertThat(shared).containsExactlyInAnyOrder(true, false);
        assertThat(orders).containsExactlyInAnyOrder(Scheduler.Order.values());
    }

    @Order(3)
    @Test
    void the_same_seed_is_the_same_run_step_by_step() {
        Set<Long> hashes = new HashSet<>();
        for (long seed = 1; seed <= 40; seed++) {
            Simulation.Result first = Simulation.run(seed, 0);
            Simulation.Result again = Simulation.run(seed, 50); // what is printed changes nothing
            assertThat(again.hash()).as("seed %d", seed).isEqualTo(first.hash());
            assertThat(again.steps()).as("seed %d", seed).isEqualTo(first.steps());
            assertThat(again.took()).as("seed %d", seed).isEqualTo(first.took());
            hashes.add(first.hash());
        }
        assertThat(hashes).hasSize(40);
    }

    @Test
    void the_command_runs_seeds_and_replays_one() {
        var out = new ByteArrayOutputStream();
        var command = new Simulate(new PrintStream(out, true, UTF_8));
        assertThat(new CommandLine(command).execute("--seeds", "3", "--from", "5"))
                .isZero();
        assertThat(out.toString(UTF_8)).contains("3 seeds from 5: 0 findings");

        assertThat(new CommandLine(command).execute("--seed", "5", "--last", "7"))
                .isZero();
        assertThat(out.toString(UTF_8)).contains("has stopped", "seed 5: ", "hash ");
    }

    @Test
    void a_finding_is_told_with_the_command_that_finds_it_again() {
        var out = new ByteArrayOutputStream();
        var found = new Simulation.Result(
                42, Scenario.of(42), 0, 0, Duration.ZERO, new Violation("nothing is as it was"), List.of());
        assertThat(new Simulate(new PrintStream(out, true, UTF_8)).tell(found)).isEqualTo(1);
        assertThat(out.toString(UTF_8))
                .contains("FOUND by seed 42: nothing is as it was", "./millrace bench simulate --seed 42");
    }
}
