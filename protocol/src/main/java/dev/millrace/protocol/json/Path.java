package dev.millrace.protocol.json;

import org.jspecify.annotations.Nullable;

/** Where in a document a value stands. Made on the way down, made into text only for an error. */
record Path(@Nullable Path parent, String step) {

    static @Nullable Path root(String prefix) {
        return prefix.isEmpty() ? null : new Path(null, prefix);
    }

    static Path field(@Nullable Path parent, Name name) {
        return new Path(parent, parent == null ? name.json : "." + name.json);
    }

    static Path index(@Nullable Path parent, int index) {
        return new Path(parent, "[" + index + "]");
    }

    /** A key of a map, which is data and so may be anything. */
    static Path key(@Nullable Path parent, String key) {
        return new Path(parent, "[\"" + key + "\"]");
    }

    static String text(@Nullable Path path) {
        if (path == null) {
            return "";
        }
        return text(path.parent) + path.step;
    }
}
