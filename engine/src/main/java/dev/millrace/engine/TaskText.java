package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.protocol.TaskState;
import java.util.List;

/** What an ended task can be found by: what both sides said. */
final class TaskText {
    /** Characters; the rest of a longer one is not searched. */
    private static final int MOST = 100_000;

    private TaskText() {}

    /**
     * The text, up to a length that a search needs.
     *
     * @param events the task's, all of them
     */
    static String of(TaskState state, List<Journal.Entry<Event>> events) {
        var text = new StringBuilder();
        for (Said said : Transcript.of(state, events)) {
            String words = said.message().text();
            if (text.length() < MOST && !words.isBlank()) {
                text.append(text.isEmpty() ? "" : "\n");
                text.append(words, 0, Math.min(words.length(), MOST - text.length()));
            }
        }
        // A database's text takes no U+0000, and no word has one.
        return text.toString().replace('\0', ' ');
    }
}
