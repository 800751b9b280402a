package dev.millrace.server.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads Server-Sent Events as they come. */
final class EventReader implements AutoCloseable {
    /** One event; {@code comment} is what a comment said. */
    record Event(@Nullable String id, String data, @Nullable String comment) {}

    private final HttpClient client;
    final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    private EventReader(HttpClient client, HttpResponse<InputStream> response) {
        this.client = client;
        this.response = response;
        this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    static EventReader open(Wire wire, TestServer server, String path) throws Exception {
        var client = wire.client();
        var request = HttpRequest.newBuilder(wire.uri(server, path)).build();
        return new EventReader(client, client.send(request, HttpResponse.BodyHandlers.ofInputStream()));
    }

    /** The next event or comment; null at the end of the stream. */
    @Nullable Event next() throws IOException {
        String id = null;
        String comment = null;
        var data = new ArrayList<String>();
        for (String line; (line = lines.readLine()) != null; ) {
            if (line.isEmpty()) {
                return new Event(id, String.join("\n", data), comment);
            } else if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("data: ")) {
                data.add(line.substring(6));
            } else if (line.startsWith(": ")) {
                comment = line.substring(2);
            }
        }
        return null;
    }

    /** The next event that is no comment; null at the end of the stream. */
    @Nullable Event event() throws IOException {
        Event next;
        do {
            next = next();
        } while (next != null && next.comment() != null);
        return next;
    }

    List<Event> rest() throws IOException {
        var all = new ArrayList<Event>();
        for (Event next; (next = next()) != null; ) {
            all.add(next);
        }
        return all;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
