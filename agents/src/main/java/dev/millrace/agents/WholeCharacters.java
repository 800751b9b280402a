package dev.millrace.agents;

/** Puts characters together that were cut in two: half a one cannot be written in UTF-8. */
final class WholeCharacters {
    private String half = "";

    /** What can be said now of what came. */
    String plus(String piece) {
        String text = half + piece;
        half = "";
        if (!text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1))) {
            half = text.substring(text.length() - 1);
            text = text.substring(0, text.length() - 1);
        }
        return text;
    }
}
