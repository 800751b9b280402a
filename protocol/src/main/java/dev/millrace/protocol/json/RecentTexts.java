package dev.millrace.protocol.json;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What large texts are in JSON, those that were read or written just now: one that a user sends is written into an event, and
 * again into an answer, within milliseconds, and each time half of the work would be to look for what has to be escaped.
 *
 * <p>Nothing is kept in memory by this: what is here is gone with the next collection of what is young. A text is known by its
 * identity. Any thread; two texts may share a place, and the later one has it.
 */
final class RecentTexts {
    /** Characters; a shorter text is encoded as soon as looked for. */
    static final int WORTH_IT = 16 << 10;

    private static final int PLACES = 64;
    private static final AtomicReferenceArray<@Nullable WeakReference<Encoded>> RECENT =
            new AtomicReferenceArray<>(PLACES);

    /** A text and what stands between the quotes, which is not to be changed. */
    @SuppressWarnings("ArrayRecordComponent") // it is never compared
    private record Encoded(String text, byte[] json) {}

    private RecentTexts() {}

    /** What stands between the quotes, not to be changed; null if that is not known. */
    static byte @Nullable [] json(String text) {
        if (text.length() < WORTH_IT) {
            return null;
        }
        WeakReference<Encoded> there = RECENT.get(place(text));
        Encoded encoded = there == null ? null : there.get();
        return encoded != null && isSame(encoded.text(), text) ? encoded.json() : null;
    }

    /** @param json nobody changes it from now on */
    static void remember(String text, byte[] json) {
        if (text.length() >= WORTH_IT) {
            RECENT.set(place(text), new WeakReference<>(new Encoded(text, json)));
        }
    }

    private static int place(String text) {
        return System.identityHashCode(text) & (PLACES - 1);
    }

    @SuppressWarnings("ReferenceEquality") // to compare would take as long as to encode
    private static boolean isSame(String one, String other) {
        return one == other;
    }
}
