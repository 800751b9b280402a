package dev.millrace.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code millrace bench jmh [REGEX] [JMH's own options]}: the benchmarks of the primitives. */
@Command(name = "jmh", description = "Runs the JMH benchmarks of the primitives; takes JMH's own options.")
final class Jmh implements Callable<Integer> {
    /** The last option of a kind is the one that JMH takes. */
    private static final List<String> QUICKLY = List.of("-wi", "1", "-i", "2", "-w", "500ms", "-r", "500ms");

    @Option(names = "--quick", description = "A rough look within a minute.")
    private boolean quick;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write all figures, in JMH's own form.")
    private Path json = Path.of("bench", "target", "results", "jmh.json");

    @Unmatched
    private final List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        var all = new ArrayList<String>(List.of("-foe", "true", "-rf", "json", "-rff", json.toString()));
        if (quick) {
            all.addAll(QUICKLY);
        }
        all.addAll(arguments);
        Path folder = json.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        org.openjdk.jmh.Main.main(all.toArray(String[]::new));
        return 0;
    }
}
