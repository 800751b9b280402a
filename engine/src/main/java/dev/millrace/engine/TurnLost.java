package dev.millrace.engine;

/** The turn may write no more: its task ended, or belongs to another worker. Let it pass; the engine ends the turn. */
public final class TurnLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TurnLost(String message) {
        super(message, null, false, false);
    }
}
