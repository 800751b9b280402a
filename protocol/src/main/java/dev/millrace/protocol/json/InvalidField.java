package dev.millrace.protocol.json;

/** JSON that is well formed, but does not say what it must: a field is missing, of the wrong type, or has a wrong value. */
public final class InvalidField extends RuntimeException {
    private final String path;
    private final String problem;

    /**
     * @param path where, such as {@code message.parts[0]}; empty for the whole value
     * @param problem what is wrong, as the rest of a sentence, such as {@code must be a string}
     */
    public InvalidField(String path, String problem) {
        super(path.isEmpty() ? "the value " + problem : path + ": " + problem, null, false, false);
        this.path = path;
        this.problem = problem;
    }

    /** Where, such as {@code message.parts[0]}; empty for the whole value. */
    public String path() {
        return path;
    }

    /** What is wrong, without the path. */
    public String problem() {
        return problem;
    }
}
