package dev.millrace.bench.chaos;

/** Something that was promised did not come, long after everything was mended. */
final class Overdue extends Exception {
    private static final long serialVersionUID = 1L;

    Overdue(String what) {
        super(what);
    }
}
