package dev.millrace.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/** What all HTTP requests of a client have in common. */
final class Requests {
    /** Major.Minor of the protocol (A2A v1.0, 3.6). */
    static final String VERSION = "1.0";

    private Requests() {}

    /** @param lastEventId after which event a stream is to go on; null or empty if there is none */
    static HttpRequest.Builder to(
            URI url, CallHead head, ClientSettings settings, String accept, @Nullable String lastEventId) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(settings.request())
                .header("A2A-Version", VERSION)
                .header("Accept", accept);
        if ("http".equalsIgnoreCase(url.getScheme())) {
            // In cleartext the JDK would ask for an upgrade to HTTP/2 with each new connection, which some servers
            // answer by dropping the request's body.
            request.version(HttpClient.Version.HTTP_1_1);
        }
        if (lastEventId != null && !lastEventId.isEmpty()) {
            request.header("Last-Event-ID", lastEventId);
        }
        head.headers().forEach(request::setHeader);
        return request;
    }
}
