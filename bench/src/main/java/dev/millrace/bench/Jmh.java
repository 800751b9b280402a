package dev.millrace.bench;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code millrace bench jmh [REGEX] [JMH's own options]}: the benchmarks of the primitives. */
@Command(name = "jmh", description = "Runs the JMH benchmarks of the primitives; takes JMH's own options.")
final class Jmh implements Callable<Integer> {
    @Unmatched
    private List<String> arguments = List.of();

    @Override
    public Integer call() throws Exception {
        org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
        return 0;
    }
}
