package dev.millrace.client.sse;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The standard's steps on a whole stream at once: slow, without state between pieces, and easy to check by eye. */
final class ByTheBook {
    private static final Pattern LINE_END = Pattern.compile("\r\n|\n|\r");

    private ByTheBook() {}

    static List<String> read(String stream) {
        String text = stream.startsWith("\uFEFF") ? stream.substring(1) : stream;
        var events = new ArrayList<String>();
        String data = "";
        String type = "";
        String idBuffer = null;
        String[] lines = LINE_END.split(text, -1);
        for (int i = 0; i < lines.length - 1; i++) { // the last has no end: it is cut off
            String line = lines[i];
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    events.add((type.isEmpty() ? "message" : type) + "|" + idBuffer + "|"
                            + data.substring(0, data.length() - 1));
                }
                data = "";
                type = "";
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (value.startsWith(" ")) {
                value = value.substring(1);
            }
            switch (field) {
                case "data" -> data += value + "\n";
                case "event" -> type = value;
                case "id" -> idBuffer = value.contains("\0") ? idBuffer : value;
                default -> {}
            }
        }
        return events;
    }
}
