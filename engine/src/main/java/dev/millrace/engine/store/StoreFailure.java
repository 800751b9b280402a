package dev.millrace.engine.store;

/** The store could not do its work: disk full, corrupt, closed. Nothing of the transaction was written. */
public final class StoreFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreFailure(String message, Throwable cause) {
        super(message, cause);
    }

    public StoreFailure(String message) {
        super(message);
    }
}
