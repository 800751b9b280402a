package dev.millrace.engine.store;

import java.util.function.Supplier;

/**
 * Secrets that all processes of a store must have alike, such as the key that they sign with: whoever checks a signature
 * does not know which of them made it. Every method may block and fails with a {@link StoreFailure}. Any thread.
 */
public interface SecretStore {

    /**
     * The secret of this name. If there is none yet, what {@code made} gives becomes it, for everybody and for good; if
     * several processes come at once, one of theirs does.
     */
    String keep(String name, Supplier<String> made);
}
