package dev.millrace.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of a table: what one variant did in one scenario. Built once, then only read.
 *
 * <p>Durations are taken in nanoseconds and kept in milliseconds or microseconds, as the column's name says.
 */
public final class Row {
    /** What a cell shows, and the number behind it for the JSON. */
    record Cell(String shown, Object value) {}

    private final String scenario;
    private final String variant;
    private final Map<String, Cell> cells = new LinkedHashMap<>();
    private @Nullable String target;
    private boolean met;

    private Row(String scenario, String variant) {
        this.scenario = scenario;
        this.variant = variant;
    }

    public static Row of(String scenario, String variant) {
        return new Row(scenario, variant);
    }

    /** Median, p99 and spread of durations in nanoseconds, shown in milliseconds. */
    public Row millis(String what, Samples nanos) {
        return number(what + " ms", nanos.median() / 1e6)
                .number("p99", nanos.p99() / 1e6)
                .percent("spread", nanos.spread());
    }

    public Row number(String column, double value) {
        cells.put(column, new Cell(show(value), Double.isFinite(value) ? value : String.valueOf(value)));
        return this;
    }

    public Row percent(String column, double share) {
        // Near the whole a tenth counts: 94.6 % has not reached 95 %.
        String shown = share > 0.9 && share < 1
                ? String.format(Locale.ROOT, "%.1f %%", 100 * share)
                : Math.round(100 * share) + " %";
        cells.put(column, new Cell(shown, share));
        return this;
    }

    public Row text(String column, String value) {
        cells.put(column, new Cell(value, value));
        return this;
    }

    /** What this row should reach, and whether it did. */
    public Row target(String wanted, boolean reached) {
        target = wanted;
        met = reached;
        return this;
    }

    String scenario() {
        return scenario;
    }

    String variant() {
        return variant;
    }

    Map<String, Cell> cells() {
        return cells;
    }

    @Nullable String target() {
        return target;
    }

    boolean met() {
        return met;
    }

    private static String show(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e15) {
            return String.format(Locale.ROOT, "%,d", (long) value);
        }
        String format =
                size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }
}
