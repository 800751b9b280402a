package dev.millrace.protocol;

import java.util.List;

/** The text in lists of parts. */
final class Texts {
    private Texts() {}

    static String joined(List<Part> parts) {
        if (parts.size() == 1) {
            return parts.getFirst() instanceof TextPart only ? only.text() : "";
        }
        var text = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof TextPart piece) {
                text.append(piece.text());
            }
        }
        return text.toString();
    }
}
