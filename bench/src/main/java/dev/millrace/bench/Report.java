package dev.millrace.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
    private static final String BEGIN = "<!-- figures -->";
    private static final String END = "<!-- end of figures -->";

    private final PrintStream out;
    private final StringBuilder markdown = new StringBuilder();
    private final Map<String, List<Row>> tables = new LinkedHashMap<>();
    private final Map<String, Picture> pictures = new LinkedHashMap<>();

    private record Picture(String title, String table, String column) {}

    public Report(PrintStream out) {
        this.out = out;
    }

    public void add(String table, Row row) {
        tables.computeIfAbsent(table, t -> new ArrayList<>()).add(row);
    }

    /**
     * A column of a table is to be drawn, if charts are wanted.
     *
     * @param name of the file, without its ending
     */
    public void draw(String name, String title, String table, String column) {
        pictures.put(name, new Picture(title, table, column));
    }

    /** Draws what was asked for into this folder, as {@code NAME.svg}. */
    void writeCharts(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (var each : pictures.entrySet()) {
            Picture picture = each.getValue();
            List<Row> rows = tables.getOrDefault(picture.table(), List.of());
            Files.writeString(
                    folder.resolve(each.getKey() + ".svg"), new Chart(picture.title(), picture.column(), rows).svg());
        }
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
        var text = new StringBuilder();
        text.append("\n**").append(table).append("**\n\n");
        print(lines, text);
        out.print(text);
        markdown.append(text);
    }

    /** As a Markdown table whose source reads well, too. */
    private static void print(List<List<String>> lines, StringBuilder text) {
        int columns = lines.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (int at = 0; at < lines.size(); at++) {
            text.append('|');
            for (int i = 0; i < columns; i++) {
                String cell = lines.get(at).get(i);
                String pad = " ".repeat(widths[i] - cell.length());
                text.append(' ').append(i < 2 ? cell + pad : pad + cell).append(" |");
            }
            text.append('\n');
            if (at == 0) {
                text.append('|');
                for (int i = 0; i < columns; i++) {
                    text.append("-".repeat(widths[i] + 1)).append(i < 2 ? "-|" : ":|");
                }
                text.append('\n');
            }
        }
    }

    /** How many of the rows with a target reached it, as a phrase. */
    String summary() {
        List<Row> aimed = tables.values().stream()
                .flatMap(List::stream)
                .filter(row -> row.target() != null)
                .toList();
        return aimed.stream().filter(Row::met).count() + " of " + aimed.size() + " targets met";
    }

    /**
     * Writes the tables into a page, between the lines {@code <!-- figures -->} and {@code <!-- end of figures -->}, with
     * the command that made them. A page without these lines, or a new one, gets the tables and nothing else.
     */
    void writeMarkdown(Path file, String command, Instant at) throws IOException {
        String figures = BEGIN + "\n\n`" + command + "`, "
                + at.truncatedTo(ChronoUnit.DAYS).toString().substring(0, 10)
                + ", " + Runtime.getRuntime().availableProcessors() + " cores, Java " + Runtime.version() + ", "
                + System.getProperty("os.name") + ": " + summary() + ".\n" + markdown + "\n" + END;
        String page = Files.exists(file) ? Files.readString(file) : "";
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        Files.writeString(
                file,
                begin < 0 || end < begin
                        ? figures + "\n"
                        : page.substring(0, begin) + figures + page.substring(end + END.length()));
    }

    /** Writes everything, numbers unrounded, with what is needed to read it later. */
    void write(Path file, Plan plan, Instant at) throws IOException {
        var mapper = JsonMapper.builder().build();
        ObjectNode json = mapper.createObjectNode();
        json.put("at", at.toString());
        json.put("java", Runtime.version().toString());
        json.put("os", System.getProperty("os.name"));
        json.put("cores", Runtime.getRuntime().availableProcessors());
        json.put("size", plan.size().name());
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
