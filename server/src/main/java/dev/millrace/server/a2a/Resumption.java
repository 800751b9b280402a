package dev.millrace.server.a2a;

import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.http.Exchange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The extension by which a client that was cut gets exactly what it missed: {@code docs/extensions/resume.md}. */
final class Resumption {
    static final String URI = "https://millrace.dev/a2a/extensions/resume/v1";
    static final String DESCRIPTION =
            "Events carry ids; SubscribeToTask with Last-Event-ID continues after that event, nothing missed or repeated.";
    static final String EXTENSIONS_HEADER = "A2A-Extensions";
    static final String HEADER = "Last-Event-ID";

    private Resumption() {}

    /** Whether the client says that it knows the extension; it works without that, too. */
    static boolean asked(Exchange exchange) {
        return exchange.headers(EXTENSIONS_HEADER).stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .anyMatch(uri -> uri.strip().equals(URI));
    }

    /** The offset to continue after; null if the client does not resume. */
    static @Nullable Long after(Exchange exchange) {
        String id = exchange.header(HEADER).orElse("").strip();
        if (id.isEmpty()) {
            return null;
        }
        if (!id.matches("[0-9]{1,18}")) {
            throw new InvalidField(HEADER, "must be the id of an event of this server");
        }
        return Long.valueOf(id);
    }
}
