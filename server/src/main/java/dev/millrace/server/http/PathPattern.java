package dev.millrace.server.http;

import java.util.ArrayList;
import java.util.List;

/** A route's path, taken apart: {@code /chats/{id}:interrupt}, {@code /files/{source}/{path...}}. */
record PathPattern(List<Segment> segments) {

    /** One piece between slashes. */
    sealed interface Segment {}

    /** Matches itself. */
    record Literal(String text) implements Segment {}

    /** Matches one segment; with a verb, one that ends in {@code :verb}. */
    record Parameter(String name, String verb) implements Segment {}

    /** Matches the rest of the path, slashes included, at least one segment. */
    record Tail(String name) implements Segment {}

    static PathPattern parse(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("A route's path starts with '/': " + path);
        }
        var segments = new ArrayList<Segment>();
        String[] pieces = path.substring(1).split("/", -1);
        for (int i = 0; i < pieces.length; i++) {
            Segment segment = segment(pieces[i], path);
            if (segment instanceof Tail && i < pieces.length - 1) {
                throw new IllegalArgumentException("Only the last piece of a route's path can be a tail: " + path);
            }
            segments.add(segment);
        }
        return new PathPattern(List.copyOf(segments));
    }

    private static Segment segment(String piece, String path) {
        if (!piece.startsWith("{")) {
            if (piece.contains("{") || piece.contains("}")) {
                throw new IllegalArgumentException("A parameter must begin its piece of the path: " + path);
            }
            return new Literal(piece);
        }
        int end = piece.indexOf('}');
        String name = end < 0 ? "" : piece.substring(1, end);
        String after = piece.substring(end + 1);
        if (name.endsWith("...") && after.isEmpty()) {
            return new Tail(name.substring(0, name.length() - 3));
        }
        if (name.isEmpty() || !(after.isEmpty() || after.matches(":[A-Za-z]+"))) {
            throw new IllegalArgumentException(
                    "Neither '{name}' nor '{name}:verb' nor '{name...}': '" + piece + "' in " + path);
        }
        return new Parameter(name, after.isEmpty() ? "" : after.substring(1));
    }
}
