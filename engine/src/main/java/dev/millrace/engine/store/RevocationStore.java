package dev.millrace.engine.store;

import java.time.Instant;

/**
 * What was signed and is no longer good, for all processes of a store: a link that one of them gave out and another was
 * told to take back. Every method may block and fails with a {@link StoreFailure}. Any thread.
 */
public interface RevocationStore {

    /**
     * From now on {@link #isRevoked} says so to every process. When this returns it is written, and survives a crash.
     *
     * @param signature at most 200 characters
     * @param until when it would have ended by itself; after that it may be forgotten
     * @param now the time, by which others may be forgotten
     */
    void revoke(String signature, Instant until, Instant now);

    /** Whether it was revoked, by whichever process. */
    boolean isRevoked(String signature);
}
