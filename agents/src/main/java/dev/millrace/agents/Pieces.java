package dev.millrace.agents;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes one event of pieces that are there together. A model that is faster than its reader, or a network that hands over
 * much at once, brings many tokens in one read, and each event costs the same however long it is.
 *
 * <p>Nothing that is ready waits: the first piece after a pause goes out at once, those that came with it follow as soon as
 * they are read, at most {@value #TOGETHER} in one event (as many as a cursor takes at once), and {@link #flush} is called
 * before anybody waits for more. A model that speaks token by token has each of them in an event of its own.
 *
 * <p>One thread.
 */
final class Pieces {
    static final int TOGETHER = 32;

    private final StringBuilder gathered = new StringBuilder();
    private int count;
    private boolean pausing = true;
    private @Nullable Object of;
    private Consumer<String> way = text -> {};

    /**
     * @param what what it is a piece of: pieces of something else are not put together with it
     * @param say how it is said, if not now, then later
     */
    void add(Object what, String piece, Consumer<String> say) {
        if (!what.equals(of)) {
            send();
            of = what;
        }
        if (pausing) {
            pausing = false;
            say.accept(piece);
            return;
        }
        way = say;
        gathered.append(piece);
        if (++count == TOGETHER) {
            send();
        }
    }

    /** Nothing more is there for now: says what has gathered. */
    void flush() {
        pausing = true;
        send();
    }

    private void send() {
        if (count > 0) {
            String text = gathered.toString();
            gathered.setLength(0);
            count = 0;
            way.accept(text);
        }
    }
}
