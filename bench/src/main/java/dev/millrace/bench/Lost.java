package dev.millrace.bench;

/** Something that was promised did not arrive, or not in order. No figure of such a run counts. */
public final class Lost extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    public Lost(String what) {
        super(what);
    }
}
