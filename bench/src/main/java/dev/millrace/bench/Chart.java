package dev.millrace.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One column of a table as bars, in SVG: a group for each scenario, a bar for each variant, ours in colour. */
final class Chart {
    private static final int WIDTH = 760;
    private static final int LABELS = 190;
    private static final int NUMBERS = 90;
    private static final int BAR = 18;
    private static final int STEP = 23;
    private static final int GAP = 34;

    private final String title;
    private final String column;
    private final List<Row> rows;

    Chart(String title, String column, List<Row> rows) {
        this.title = title;
        this.column = column;
        this.rows = rows.stream().filter(row -> value(row, column) >= 0).toList();
    }

    private static double value(Row row, String column) {
        Row.Cell cell = row.cells().get(column);
        return cell != null && cell.value() instanceof Double number && Double.isFinite(number) ? number : -1;
    }

    String svg() {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(row ->
                groups.computeIfAbsent(row.scenario(), s -> new ArrayList<>()).add(row));
        int height = 48 + groups.size() * GAP + rows.size() * STEP;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"system-ui, sans-serif\""
                        + " font-size=\"13\" role=\"img\">%n<title>%s</title>%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n"
                        + "<text x=\"12\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"#222\">%s</text>%n",
                WIDTH,
                height,
                escaped(title),
                escaped(title)));
        int y = 40;
        for (var group : groups.entrySet()) {
            svg.append(String.format(
                    Locale.ROOT, "<text x=\"12\" y=\"%d\" fill=\"#555\">%s</text>%n", y + 20, escaped(group.getKey())));
            y += GAP - 6;
            // Each scenario has a scale of its own: they are not compared with each other.
            double most = group.getValue().stream()
                    .mapToDouble(row -> value(row, column))
                    .max()
                    .orElse(1);
            for (Row row : group.getValue()) {
                bar(svg, row, most, y);
                y += STEP;
            }
            y += 6;
        }
        return svg.append("</svg>\n").toString();
    }

    private void bar(StringBuilder svg, Row row, double most, int y) {
        double length = Math.max(1, (WIDTH - LABELS - NUMBERS) * value(row, column) / Math.max(most, 1e-9));
        Row.Cell cell = row.cells().get(column);
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#222\">%s</text>"
                        + "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>"
                        + "<text x=\"%.1f\" y=\"%d\" fill=\"#222\">%s</text>%n",
                LABELS - 8,
                y + 14,
                escaped(row.variant()),
                LABELS,
                y,
                length,
                BAR,
                row.variant().equals("Millrace") ? "#0b7285" : "#b8c2cc",
                LABELS + length + 6,
                y + 14,
                cell == null ? "" : escaped(cell.shown())));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
