package dev.millrace.server.auth;

/**
 * How much one client may ask for. A client is whoever it has proved to be, or else its address.
 *
 * @param perSecond requests a second in the long run; 0 = any number
 * @param burst requests at once after a silence
 * @param open requests, streams and WebSocket connections at the same time; 0 = any number
 */
public record Rates(int perSecond, int burst, int open) {
    /** No limits. */
    public static final Rates NONE = new Rates(0, 1, 0);

    public Rates {
        if (perSecond < 0 || open < 0 || burst < 1) {
            throw new IllegalArgumentException("rates must not be negative, and burst must be 1 at least");
        }
    }
}
