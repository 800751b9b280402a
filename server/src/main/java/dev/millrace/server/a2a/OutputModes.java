package dev.millrace.server.a2a;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The media types that agents here make, and whether a client can take one. */
final class OutputModes {
    static final String TEXT = "text/plain";

    private OutputModes() {}

    /**
     * Refuses only where nothing fits: an empty list accepts everything, and ranges ({@code text/*}) count (RFC 9110,
     * 12.5.1).
     */
    static void requireOneOf(List<String> accepted) {
        if (!accepted.isEmpty() && accepted.stream().noneMatch(OutputModes::takesText)) {
            throw new A2aException(
                    A2aError.CONTENT_TYPE_NOT_SUPPORTED,
                    "configuration.acceptedOutputModes: this agent makes " + TEXT + ", and none of " + accepted
                            + " takes that; add it, or leave the field out",
                    Map.of("supported", TEXT));
        }
    }

    private static boolean takesText(String range) {
        int parameters = range.indexOf(';');
        String type = (parameters < 0 ? range : range.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals(TEXT) || type.equals("text/*") || type.equals("*/*") || type.equals("*");
    }
}
