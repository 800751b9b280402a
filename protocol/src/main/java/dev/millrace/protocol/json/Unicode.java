package dev.millrace.protocol.json;

/** Halves of surrogate pairs, which a Java string can hold and UTF-8 cannot. */
final class Unicode {
    /** Characters that are looked at together: so few that they stay in the cache, so many that asking for them is cheap. */
    private static final int PIECE = 1024;

    private Unicode() {}

    static boolean isWellFormed(String text) {
        int length = text.length();
        if (length < PIECE) {
            return isWellFormed(text, 0);
        }
        // A megabyte is looked at several times on its way: without a branch for each character, in a loop that the
        // compiler makes vectors of, that costs a tenth.
        char[] piece = new char[PIECE];
        for (int from = 0; from < length; from += PIECE) {
            int count = Math.min(PIECE, length - from);
            text.getChars(from, from + count, piece, 0);
            if (hasSurrogate(piece, count)) {
                return isWellFormed(text, from);
            }
        }
        return true;
    }

    private static boolean hasSurrogate(char[] piece, int count) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found |= ((piece[i] ^ Character.MIN_SURROGATE) & 0xF800) - 1; // negative for D800 to DFFF alone
        }
        return found < 0;
    }

    private static boolean isWellFormed(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (!isPairAt(text, i)) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    /** The text itself if it is well formed, else with each half of a pair replaced by U+FFFD. */
    static String wellFormed(String text) {
        if (isWellFormed(text)) {
            return text;
        }
        var fixed = new StringBuilder(text);
        for (int i = 0; i < fixed.length(); i++) {
            if (Character.isSurrogate(fixed.charAt(i))) {
                if (isPairAt(fixed, i)) {
                    i++;
                } else {
                    fixed.setCharAt(i, '\uFFFD');
                }
            }
        }
        return fixed.toString();
    }

    private static boolean isPairAt(CharSequence text, int i) {
        return i + 1 < text.length()
                && Character.isHighSurrogate(text.charAt(i))
                && Character.isLowSurrogate(text.charAt(i + 1));
    }
}
