package dev.millrace.server.a2a;

import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The version of A2A that a request asks for (A2A v1.0, 3.6). */
final class ProtocolVersion {
    static final String HEADER = "A2A-Version";
    static final String OURS = "1.0";

    /** The patch number must not matter (3.6.1). */
    private static final Pattern SPOKEN = Pattern.compile("1\\.0(\\.\\d{1,9})?");

    private ProtocolVersion() {}

    /** What the request asks for: its header, else its query parameter; none and empty mean 0.3 (3.6.2). */
    static String of(Exchange exchange) throws HttpProblem {
        Optional<String> header = exchange.header(HEADER).map(String::strip).filter(v -> !v.isEmpty());
        return header.isPresent()
                ? header.get()
                : exchange.queryParameter(HEADER)
                        .map(String::strip)
                        .filter(v -> !v.isEmpty())
                        .orElse("");
    }

    static void require(String version) {
        if (!SPOKEN.matcher(version).matches()) {
            String asked =
                    version.isEmpty() ? "The request names no A2A version, which means 0.3" : "A2A " + shown(version);
            throw new A2aException(
                    A2aError.VERSION_NOT_SUPPORTED,
                    asked + (version.isEmpty() ? "; " : " is not spoken here; ") + "send the header \"" + HEADER + ": "
                            + OURS + "\"",
                    Map.of("supportedVersions", OURS));
        }
    }

    private static String shown(String version) {
        return version.length() <= 20 ? version : version.substring(0, 20) + "…";
    }
}
