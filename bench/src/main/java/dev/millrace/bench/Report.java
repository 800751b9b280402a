package dev.millrace.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Collects the rows of a run by table; prints a table when it is complete, and all of them as JSON at the end. */
public final class Report {
    private final PrintStream out;
    private final Map<String, List<Row>> tables = new LinkedHashMap<>();

    public Report(PrintStream out) {
        this.out = out;
    }

    public void add(String table, Row row) {
        tables.computeIfAbsent(table, t -> new ArrayList<>()).add(row);
    }

    /** Says what is going on, between tables. */
    public void progress(String what) {
        System.err.println("  " + what);
    }

    /** Prints a table that is complete. */
    public void print(String table) {
        List<Row> rows = tables.getOrDefault(table, List.of());
        boolean aimed = rows.stream().anyMatch(row -> row.target() != null);
        var lines = new ArrayList<List<String>>();
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(row.cells().keySet()));
        var header = new ArrayList<>(List.of("scenario", "variant"));
        header.addAll(columns);
        if (aimed) {
            header.addAll(List.of("target", "met"));
        }
        lines.add(header);
        for (Row row : rows) {
            var line = new ArrayList<>(List.of(row.scenario(), row.variant()));
            for (String column : columns) {
                Row.Cell cell = row.cells().get(column);
                line.add(cell == null ? "" : cell.shown());
            }
            if (aimed) {
                line.add(row.target() == null ? "" : row.target());
                line.add(row.target() == null ? "" : row.met() ? "yes" : "NO");
            }
            lines.add(line);
        }
        out.println();
        out.println("## " + table);
        out.println();
        print(lines);
    }

    /** As a Markdown table whose source reads well, too. */
    private void print(List<List<String>> lines) {
        int columns = lines.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (int at = 0; at < lines.size(); at++) {
            var text = new StringBuilder("|");
            for (int i = 0; i < columns; i++) {
                String cell = lines.get(at).get(i);
                String pad = " ".repeat(widths[i] - cell.length());
                text.append(' ').append(i < 2 ? cell + pad : pad + cell).append(" |");
            }
            out.println(text);
            if (at == 0) {
                var rule = new StringBuilder("|");
                for (int i = 0; i < columns; i++) {
                    rule.append("-".repeat(widths[i] + 1)).append(i < 2 ? "-|" : ":|");
                }
                out.println(rule);
            }
        }
    }

    /** How many of the rows with a target reached it, as a sentence. */
    String summary() {
        List<Row> aimed = tables.values().stream()
                .flatMap(List::stream)
                .filter(row -> row.target() != null)
                .toList();
        return aimed.stream().filter(Row::met).count() + " of " + aimed.size() + " targets met";
    }

    /** Writes everything, numbers unrounded, with what is needed to read it later. */
    void write(Path file, Plan plan, Instant at) throws IOException {
        var mapper = JsonMapper.builder().build();
        ObjectNode json = mapper.createObjectNode();
        json.put("at", at.toString());
        json.put("java", Runtime.version().toString());
        json.put("os", System.getProperty("os.name"));
        json.put("cores", Runtime.getRuntime().availableProcessors());
        json.put("quick", plan.quick());
        json.put("rounds", plan.rounds());
        json.put("seed", plan.seed());
        var all = json.putArray("rows");
        tables.forEach((table, rows) -> rows.forEach(row -> {
            ObjectNode node = all.addObject();
            node.put("table", table);
            node.put("scenario", row.scenario());
            node.put("variant", row.variant());
            row.cells().forEach((column, cell) -> {
                if (cell.value() instanceof Double number) {
                    node.put(column, number);
                } else {
                    node.put(column, cell.value().toString());
                }
            });
            if (row.target() != null) {
                node.put("target", row.target());
                node.put("met", row.met());
            }
        }));
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.write(file, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
