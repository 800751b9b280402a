package dev.millrace.bench.simulate;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace bench simulate}: runs seeds, and stops at the first that finds something. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the real engine with simulated servers, store, network, users and faults, in one thread and in a time of"
                    + " their own. A seed fixes every step; what it finds, it finds again.",
            "Exit code: 0 = no promise was broken, 1 = one was, 2 = a wrong option."
        })
public final class Simulate implements Callable<Integer> {
    private static final int PROGRESS = 20;

    @Option(names = "--seed", paramLabel = "N", description = "Runs this one alone, and prints its last steps.")
    private @Nullable Long seed;

    @Option(names = "--seeds", paramLabel = "M", description = "How many to run. Default: ${DEFAULT-VALUE}.")
    private int seeds = 2000;

    @Option(names = "--from", paramLabel = "S", description = "The first of them. Default: ${DEFAULT-VALUE}.")
    private long from = 1;

    @Option(
            names = "--last",
            paramLabel = "STEPS",
            description = "How many of a seed's last steps to print. Default: ${DEFAULT-VALUE}.")
    private int last = 400;

    @Option(names = "--keep-going", description = "Goes on after a finding, and prints each in one line.")
    private boolean keepGoing;

    private final PrintStream out;

    /** Prints to standard output. */
    public Simulate() {
        this(System.out);
    }

    Simulate(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        VirtualThreads.forgetTheDead();
        try (var quiet = new Quiet()) {
            return seed == null ? many() : one(seed);
        }
    }

    private int one(long number) {
        Simulation.Result result = Simulation.run(number, last);
        result.trace().forEach(out::println);
        out.println(result.scenario());
        out.printf(
                "seed %d: %,d steps, %d s of its own time, hash %016x%n",
                number, result.steps(), result.took().toSeconds(), result.hash());
        return tell(result);
    }

    private int many() {
        long began = System.nanoTime();
        int found = 0;
        long steps = 0;
        long hash = 0;
        for (int i = 0; i < seeds; i++) {
            Simulation.Result result = Simulation.run(from + i, 0);
            steps += result.steps();
            hash = hash * 31 + result.hash();
            if (result.finding() != null) {
                found++;
                if (!keepGoing) {
                    return one(from + i);
                }
                out.println("seed " + (from + i) + ": " + result.finding().getMessage());
            }
            if ((i + 1) % Math.max(1, seeds / PROGRESS) == 0) {
                System.err.printf("simulate: %,d of %,d seeds%n", i + 1, seeds);
            }
        }
        double took = (System.nanoTime() - began) / 1e9;
        out.printf(
                "%,d seeds from %d: %d findings, %,d steps, %.0f seeds a second, hash %016x%n",
                seeds, from, found, steps, seeds / took, hash);
        return found == 0 ? 0 : 1;
    }

    /** Says what was found, if anything was; gives the exit code. */
    int tell(Simulation.Result result) {
        Violation finding = result.finding();
        if (finding == null) {
            return 0;
        }
        (finding.getCause() == null ? finding : finding.getCause()).printStackTrace(out);
        out.println();
        out.println("FOUND by seed " + result.seed() + ": " + finding.getMessage());
        out.println("again: ./millrace bench simulate --seed " + result.seed());
        return 1;
    }
}
