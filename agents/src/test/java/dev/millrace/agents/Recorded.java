package dev.millrace.agents;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A provider's stream as its documentation shows it, and what it means. A file of {@code recorded/}: lines {@code # KEY: VALUE},
 * then the body, cut by lines of {@code ----} where the server paused. A piece that ends with {@code !cut} ends the connection,
 * one that is {@code !stall} says nothing more and keeps it.
 */
record Recorded(String name, List<String> head, List<String> pieces) {
    private static final String CUT = "!cut";
    private static final String STALL = "!stall";

    /** How it comes over the network. */
    enum Cutting {
        /** As it was recorded. */
        PIECES,
        /** A byte at a time, so that characters and line ends are cut, too. */
        BYTES,
        /** All that there is at once. */
        ONCE
    }

    static List<Recorded> all() throws IOException {
        try (var files = Files.list(Path.of("src/test/resources/recorded"))) {
            return files.sorted().map(Recorded::read).toList();
        }
    }

    private static Recorded read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        List<String> head =
                text.lines().takeWhile(line -> line.startsWith("# ")).toList();
        String body =
                text.substring(head.stream().mapToInt(line -> line.length() + 1).sum(), text.length() - 1);
        return new Recorded(
                file.getFileName().toString().replace(".txt", ""),
                head.stream().map(line -> line.substring(2)).toList(),
                Arrays.asList(body.split("\n----\n", -1)));
    }

    Provider provider() {
        return Provider.valueOf(
                the("provider").toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
    }

    /** What it says of this; empty if nothing. */
    String the(String key) {
        return each(key).stream().findFirst().orElse("");
    }

    List<String> each(String key) {
        return head.stream()
                .filter(line -> line.startsWith(key + ": "))
                .map(line -> line.substring(key.length() + 2))
                .toList();
    }

    void play(ModelServer.Call call, Cutting cutting) throws IOException {
        if (provider() == Provider.OLLAMA) {
            call.lines();
        } else {
            call.stream();
        }
        var all = new StringBuilder();
        for (String piece : pieces) {
            if (piece.equals(STALL)) {
                send(call, all, cutting);
                call.awaitLeave();
                return;
            }
            all.append(piece.endsWith(CUT) ? piece.substring(0, piece.length() - CUT.length() - 1) : piece);
            if (cutting != Cutting.ONCE) {
                send(call, all, cutting);
            }
        }
        send(call, all, cutting);
    }

    private static void send(ModelServer.Call call, StringBuilder text, Cutting cutting) throws IOException {
        byte[] bytes = text.toString().getBytes(UTF_8);
        text.setLength(0);
        if (cutting != Cutting.BYTES) {
            call.raw(bytes);
            return;
        }
        for (byte one : bytes) {
            call.raw(new byte[] {one});
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
