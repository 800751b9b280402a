package dev.millrace.server.http;

import dev.millrace.core.Journal;
import java.util.List;

/**
 * Makes wire bytes of a journal's entries, for one stream. Whatever it appends for a batch goes out in one write (and on
 * a WebSocket as one text message).
 *
 * @param <E> the journal's events
 */
@FunctionalInterface
public interface Framing<E> {

    /** Whether the stream goes on after a batch. */
    enum Then {
        CONTINUE,
        END
    }

    /** Makes the frames of one entry; see {@link #each}. */
    @FunctionalInterface
    interface OfEntry<E> {
        Then frame(Journal.Entry<E> entry, FrameBuffer out);
    }

    /**
     * Appends the frames of a batch of 1 to {@link EventStream#BATCH} entries. If it appends nothing, nothing is sent.
     * Entries after the one that ends the stream are the framing's to leave out.
     */
    Then frame(List<Journal.Entry<E>> batch, FrameBuffer out);

    /** A framing that treats each entry by itself and stops at the first that ends the stream. */
    static <E> Framing<E> each(OfEntry<E> one) {
        return (batch, out) -> {
            for (var entry : batch) {
                if (one.frame(entry, out) == Then.END) {
                    return Then.END;
                }
            }
            return Then.CONTINUE;
        };
    }
}
