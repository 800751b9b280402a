package dev.millrace.engine.store.sql;

/** What tasks took, as SQL: each question answers with six sums, in the order of {@code Usage}'s components. */
public final class UsageSums {
    private static final String KINDS = "waited_ms, worked_ms, asked_ms, input_tokens, output_tokens, cost_micros";
    private static final String SUMS = KINDS.replaceAll("\\w+", "coalesce(sum($0), 0)");
    private static final String DAY = "status_at / 86400000";

    /** Of a context and its owner, who are bound in this order. */
    public static final String OF_CONTEXT = "SELECT " + SUMS + " FROM tasks WHERE context_id = ? AND owner = ?";

    /** Of an owner, who is bound twice: what is there, and what was there. */
    public static final String OF_OWNER = "SELECT " + SUMS + " FROM (SELECT " + KINDS
            + " FROM tasks WHERE owner = ? UNION ALL SELECT " + KINDS + " FROM spent WHERE owner = ?) s";

    /**
     * Of an owner, day by day: a day (since 1970), then the sums. Bound: the owner, the first millisecond (since 1970), the
     * owner, the first day.
     */
    public static final String BY_DAY = "SELECT day, " + SUMS + " FROM (SELECT " + DAY + " AS day, " + KINDS
            + " FROM tasks WHERE owner = ? AND status_at >= ? UNION ALL SELECT day, " + KINDS
            + " FROM spent WHERE owner = ? AND day >= ?) s GROUP BY day ORDER BY day";

    private UsageSums() {}
}
