package dev.millrace.agents.remote;

/** The other agent did not do it. The message is for the user. */
public final class RemoteFailure extends Exception {
    private static final long serialVersionUID = 1L;

    RemoteFailure(String message) {
        super(message, null, false, false);
    }
}
