package dev.millrace.engine;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The texts that every store can keep as they are, so that a conversation can move between them: PostgreSQL's type
 * {@code text} takes every character but U+0000, and half of a surrogate pair has no UTF-8 at all (RFC 3629, section 3).
 * What is said is kept as JSON, whose escapes know U+0000, and needs no such care.
 */
final class Storable {
    private Storable() {}

    /**
     * @param field what to call it to who sent it
     * @throws Refused with INVALID if not every store can keep it
     */
    static void require(String field, @Nullable String text) {
        if (text == null) {
            return;
        }
        int point;
        for (int i = 0; i < text.length(); i += Character.charCount(point)) {
            point = text.codePointAt(i);
            if (point == 0 || (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
                throw new Refused(
                        Refused.Reason.INVALID,
                        String.format("%s: holds U+%04X, which can't be stored here; leave it out", field, point));
            }
        }
    }

    static void require(String field, Map<String, String> texts) {
        texts.forEach((key, value) -> {
            require(field, key);
            require(field, value);
        });
    }
}
