package dev.millrace.protocol.json;

/** Bytes that are no JSON, or JSON beyond a limit of {@link JsonText}. */
public final class MalformedJson extends RuntimeException {
    private final int line;
    private final int column;

    MalformedJson(String problem, int line, int column) {
        super(line > 0 ? "line " + line + ", column " + column + ": " + problem : problem, null, false, false);
        this.line = line;
        this.column = column;
    }

    /** The line of the first wrong byte, from 1; 0 if unknown. */
    public int line() {
        return line;
    }

    /** The column of the first wrong byte, from 1; 0 if unknown. */
    public int column() {
        return column;
    }
}
