package dev.millrace.bench.simulate;

import org.jspecify.annotations.Nullable;

/** A promise was broken, or something died that must not. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(String what, @Nullable Throwable cause) {
        super(what, cause);
    }

    Violation(String what) {
        this(what, null);
    }

    static void unless(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }
}
