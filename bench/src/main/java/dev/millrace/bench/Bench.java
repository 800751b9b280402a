package dev.millrace.bench;

import dev.millrace.bench.acquire.Acquire;
import dev.millrace.bench.chaos.Chaos;
import dev.millrace.bench.decisions.JsonFigures;
import dev.millrace.bench.decisions.SqliteFigures;
import dev.millrace.bench.lists.Lists;
import dev.millrace.bench.model.ModelLoop;
import dev.millrace.bench.peers.Peers;
import dev.millrace.bench.prefetch.Films;
import dev.millrace.bench.prefetch.Prefetching;
import dev.millrace.bench.simulate.Simulate;
import dev.millrace.bench.stream.Streams;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace bench}: runs the experiments, prints their tables and writes them as JSON. */
@Command(
        name = "millrace bench",
        mixinStandardHelpOptions = true,
        subcommands = {Chaos.class, Jmh.class, Simulate.class},
        description = "Measures Millrace end to end, each figure beside the way it replaces, in the same run.")
public final class Bench implements Callable<Integer> {
    private static final DateTimeFormatter FILE_NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    @Parameters(
            arity = "0..*",
            paramLabel = "EXPERIMENT",
            description = "acquire, stream, prefetch, films, lists, a2a, model, json, sqlite or all. Default: all.")
    private List<String> names = List.of("all");

    @Option(names = "--quick", description = "A rough look within a minute or so: the JIT is not warm.")
    private boolean quick;

    @Option(names = "--rounds", description = "How often each variant has its turn. Default: 5, or 1 when quick.")
    private @Nullable Integer rounds;

    @Option(
            names = "--rows",
            split = ",",
            paramLabel = "TEXT",
            description = "Of a2a and films, only the rows whose scenario contains one of these.")
    private List<String> rows = List.of();

    @Option(
            names = "--variants",
            split = ",",
            paramLabel = "TEXT",
            description = "Of a2a, only the servers whose name contains one of these.")
    private List<String> variants = List.of();

    @Option(names = "--seed", description = "Of the load's random numbers. Default: ${DEFAULT-VALUE}.")
    private long seed = 20260321;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write all figures.")
    private @Nullable Path json;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "A page to write the tables into, between its marks for figures.")
    private @Nullable Path markdown;

    @Option(names = "--charts", paramLabel = "FOLDER", description = "Where to draw what has a chart, as SVG.")
    private @Nullable Path charts;

    /** The process's exit code: 0; 1 if something was lost or could not run; 2 for a wrong option. */
    public static int run(String... arguments) {
        return new CommandLine(new Bench())
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    if (e instanceof Lost) {
                        System.err.println("LOST: " + e.getMessage());
                    } else {
                        e.printStackTrace();
                    }
                    return 1;
                })
                .execute(arguments);
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Map<String, Experiment> experiments = experiments();
        List<String> wanted = names.contains("all") ? List.copyOf(experiments.keySet()) : names;
        for (String name : wanted) {
            if (!experiments.containsKey(name)) {
                System.err.println("there is no experiment \"" + name + "\"; there are: all, "
                        + String.join(", ", experiments.keySet()));
                return 2;
            }
        }
        var plan = new Plan(
                quick ? Plan.Size.QUICK : Plan.Size.FULL,
                rounds != null ? rounds : quick ? 1 : 5,
                seed,
                rows,
                variants);
        var report = new Report(System.out);
        Instant at = Instant.now();
        long began = System.nanoTime();
        for (String name : wanted) {
            report.progress("bench " + name);
            experiments.getOrDefault(name, (p, r) -> {}).run(plan, report);
        }
        Path file = json != null ? json : Path.of("bench", "target", "results", FILE_NAME.format(at) + ".json");
        report.write(file, plan, at);
        if (markdown != null) {
            report.writeMarkdown(markdown, command(plan), at);
        }
        if (charts != null) {
            report.writeCharts(charts);
        }
        System.out.printf(
                "%n%s in %d s; every event and byte was checked; figures in %s%n",
                report.summary(), (System.nanoTime() - began) / 1_000_000_000, file);
        return 0;
    }

    private String command(Plan plan) {
        return "./millrace bench " + String.join(" ", names) + (quick ? " --quick" : "") + " --rounds " + plan.rounds()
                + " --seed " + plan.seed() + chosen(" --rows", rows) + chosen(" --variants", variants);
    }

    private static String chosen(String option, List<String> texts) {
        return texts.isEmpty() ? "" : option + " \"" + String.join(",", texts) + "\"";
    }

    static Map<String, Experiment> experiments() {
        var all = new LinkedHashMap<String, Experiment>();
        all.put("acquire", new Acquire());
        all.put("stream", new Streams());
        all.put("prefetch", new Prefetching());
        all.put("films", new Films());
        all.put("lists", new Lists());
        all.put("a2a", new Peers());
        all.put("model", new ModelLoop());
        all.put("json", new JsonFigures());
        all.put("sqlite", new SqliteFigures());
        return all;
    }
}
