package dev.millrace.files;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A bucket cannot be reached, does not answer, or refuses what it should do. */
public final class BucketException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean timedOut;

    BucketException(String message, boolean timedOut, @Nullable Throwable cause) {
        super(message, cause);
        this.timedOut = timedOut;
    }

    /** Whether it was waited for in vain, and so may have done it all the same. */
    public boolean timedOut() {
        return timedOut;
    }
}
