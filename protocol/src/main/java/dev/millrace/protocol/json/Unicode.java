package dev.millrace.protocol.json;

/** Halves of surrogate pairs, which a Java string can hold and UTF-8 cannot. */
final class Unicode {
    private Unicode() {}

    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
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
