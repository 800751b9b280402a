package dev.millrace.agents;

import dev.millrace.client.sse.SseOverflow;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Cuts bytes into lines, however they come: Ollama streams one JSON object a line. Not safe for several threads. */
final class JsonLines {
    private final int limit;
    private final ArrayDeque<String> ready = new ArrayDeque<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    /** @param limit the most bytes that one line may hold */
    JsonLines(int limit) {
        this.limit = limit;
    }

    void feed(ByteBuffer bytes) throws SseOverflow {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                end();
            } else if (line.size() >= limit) {
                throw new SseOverflow(limit);
            } else {
                line.write(next);
            }
        }
    }

    /** The last line needs no end. */
    void end() {
        String text = line.toString(StandardCharsets.UTF_8).strip();
        line.reset();
        if (!text.isEmpty()) {
            ready.add(text);
        }
    }

    @Nullable String poll() {
        return ready.poll();
    }
}
