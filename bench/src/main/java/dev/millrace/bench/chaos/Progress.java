package dev.millrace.bench.chaos;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What one reader has of one task: its state, and of each artifact whose words, and how many. One thread. */
final class Progress {
    /** The words 1 to {@code count} of one writer. */
    record Text(String writer, int count, int of) {}

    private static final Set<String> TERMINAL = Set.of("completed", "canceled", "failed", "rejected");

    private final Map<String, Text> texts = new TreeMap<>();
    private final Set<String> former = new HashSet<>();
    private @Nullable String writer;
    private String state = "";

    /** As A2A names it, without its prefix and in small letters. */
    static String state(JsonNode status) {
        return status.path("state").asString("").replace("TASK_STATE_", "").toLowerCase(Locale.ROOT);
    }

    static boolean terminal(String state) {
        return TERMINAL.contains(state);
    }

    String state() {
        return state;
    }

    @Nullable String writer() {
        return writer;
    }

    /**
     * Takes the next event.
     *
     * @return what is wrong with it; null = nothing
     */
    @Nullable String see(JsonNode event) {
        if (terminal(state)) {
            return "after its end (" + state + ") the task went on";
        }
        try {
            if (event.has("artifactUpdate")) {
                JsonNode update = event.get("artifactUpdate");
                return words(update.get("artifact"), update.path("append").asBoolean(false));
            }
            if (event.has("statusUpdate")) {
                state = state(event.at("/statusUpdate/status"));
            } else if (event.has("task")) {
                JsonNode task = event.get("task");
                state = state(task.get("status"));
                for (JsonNode artifact : task.path("artifacts")) {
                    String wrong = words(artifact, false);
                    if (wrong != null) {
                        return wrong;
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
        return switch (state) {
            case "completed" -> unfinished();
            case "failed", "rejected" -> "the task is " + state;
            default -> null;
        };
    }

    private @Nullable String unfinished() {
        for (Map.Entry<String, Text> each : texts.entrySet()) {
            if (each.getValue().count() != each.getValue().of()) {
                return "the task is completed, but of " + each.getKey() + " there is " + each.getValue();
            }
        }
        return texts.isEmpty() ? "the task is completed without a word" : null;
    }

    private @Nullable String words(JsonNode artifact, boolean append) {
        String id = artifact.get("artifactId").stringValue();
        var text = new StringBuilder();
        artifact.get("parts").forEach(part -> text.append(part.path("text").asString("")));
        List<Word> words = Word.all(text.toString());
        Text before = append ? texts.get(id) : null;
        if (append && before == null) {
            return "words are appended to an artifact that never began: " + text;
        }
        for (Word word : words) {
            if (before != null && !before.writer().equals(word.writer())) {
                return "the words of " + word.writer() + " are mixed with those of " + before.writer();
            }
            int expected = before == null ? 1 : before.count() + 1;
            if (word.number() != expected) {
                return "after word " + (expected - 1) + " of " + word.writer() + " came word " + word.number();
            }
            before = new Text(word.writer(), word.number(), word.of());
        }
        if (before == null) {
            return "an artifact without a word";
        }
        texts.put(id, before);
        return turnOf(before.writer());
    }

    private @Nullable String turnOf(String now) {
        if (former.contains(now)) {
            return now + " wrote again after " + writer + " had taken over";
        }
        if (writer != null && !writer.equals(now)) {
            former.add(writer);
        }
        writer = now;
        return null;
    }

    /** All that counts, for comparison. */
    @Override
    public String toString() {
        return state + " " + texts;
    }
}
