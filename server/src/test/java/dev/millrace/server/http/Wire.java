package dev.millrace.server.http;

import java.net.URI;
import java.net.http.HttpClient;

/** The four ways to carry a request to the one port. */
enum Wire {
    HTTP1_CLEAR(HttpClient.Version.HTTP_1_1, "http"),
    HTTP1_TLS(HttpClient.Version.HTTP_1_1, "https"),
    HTTP2_CLEAR(HttpClient.Version.HTTP_2, "http"),
    HTTP2_TLS(HttpClient.Version.HTTP_2, "https");

    final HttpClient.Version version;
    private final String scheme;

    Wire(HttpClient.Version version, String scheme) {
        this.version = version;
        this.scheme = scheme;
    }

    HttpClient client() {
        return TestServer.client(version);
    }

    URI uri(TestServer server, String path) {
        return URI.create(scheme + "://localhost:" + server.port() + path);
    }
}
