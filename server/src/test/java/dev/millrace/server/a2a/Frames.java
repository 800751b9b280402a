package dev.millrace.server.a2a;

import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A stream's frames as they come. Comments are left out. */
final class Frames implements AutoCloseable {
    /** One frame: its id and its data. */
    record Frame(long id, String data) {
        StreamResponse event() {
            return A2aJson.STREAM_RESPONSE.read(
                    JsonText.parse(A2aHouse.bytes(data)).get("result"));
        }
    }

    final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    Frames(HttpResponse<InputStream> response) {
        this.response = response;
        this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** The next frame, or null at the end. */
    @Nullable Frame next() throws IOException {
        long id = -1;
        String data = null;
        for (String line; (line = lines.readLine()) != null; ) {
            if (line.isEmpty() && data != null) {
                return new Frame(id, data);
            } else if (line.startsWith("id: ")) {
                id = Long.parseLong(line.substring(4));
            } else if (line.startsWith("data: ")) {
                data = line.substring(6);
            }
        }
        return null;
    }

    List<Frame> take(int count) throws IOException {
        var frames = new ArrayList<Frame>();
        while (frames.size() < count) {
            Frame next = next();
            if (next == null) {
                throw new AssertionError("the stream ended after " + frames);
            }
            frames.add(next);
        }
        return frames;
    }

    List<Frame> rest() throws IOException {
        var frames = new ArrayList<Frame>();
        for (Frame next; (next = next()) != null; ) {
            frames.add(next);
        }
        return frames;
    }

    /** The body as one JSON value, where the answer is no stream. */
    JsonNode json() throws IOException {
        return JsonText.parse(response.body().readAllBytes());
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
