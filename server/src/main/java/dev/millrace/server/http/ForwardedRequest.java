package dev.millrace.server.http;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request as its client has sent it to a proxy. */
final class ForwardedRequest extends Request.Wrapper {
    private final HttpURI uri;
    private final HttpFields headers;
    private final ConnectionMetaData connection;

    /**
     * @param secure whether the client's connection was encrypted, if {@code told}
     * @param host what the client asked for, if that is told, too
     */
    ForwardedRequest(Request request, InetSocketAddress client, boolean secure, boolean told, @Nullable String host) {
        super(request);
        HttpURI.Mutable seen = HttpURI.build(request.getHttpURI());
        if (told) {
            seen.scheme(secure ? "https" : "http");
        }
        if (host != null) {
            seen.authority(host);
        }
        uri = seen.asImmutable();
        headers = host == null || !request.getHeaders().contains(HttpHeader.HOST)
                ? request.getHeaders()
                : HttpFields.build(request.getHeaders())
                        .put(HttpHeader.HOST, host) // Jetty refuses a request that says two things
                        .asImmutable();
        connection = new ConnectionMetaData.Wrapper(request.getConnectionMetaData()) {
            @Override
            public SocketAddress getRemoteSocketAddress() {
                return client;
            }

            @Override
            public boolean isSecure() {
                return told ? secure : super.isSecure();
            }
        };
    }

    @Override
    public HttpURI getHttpURI() {
        return uri;
    }

    @Override
    public HttpFields getHeaders() {
        return headers;
    }

    @Override
    public ConnectionMetaData getConnectionMetaData() {
        return connection;
    }

    @Override
    public boolean isSecure() {
        return connection.isSecure();
    }
}
