package dev.millrace.server.chat;

import dev.millrace.server.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The API's description, an OpenAPI 3.1 document. A test holds it against the routes. */
final class OpenApi {
    private static final byte[] DOCUMENT = read();

    private OpenApi() {}

    /** {@code GET /openapi.json}. */
    static void get(Exchange exchange) throws IOException {
        exchange.respond(200, "application/json", document());
    }

    static byte[] document() {
        return DOCUMENT.clone();
    }

    private static byte[] read() {
        try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
            return Objects.requireNonNull(in, "openapi.json is part of the server")
                    .readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
