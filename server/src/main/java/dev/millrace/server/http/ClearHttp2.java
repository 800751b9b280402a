package dev.millrace.server.http;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 in cleartext, for clients that begin with it (RFC 9113, section 3.3), as gRPC does. The upgrade from HTTP/1.1,
 * which that RFC dropped, is answered in HTTP/1.1 unless it is asked for: the JDK's client asks for it on every new
 * connection, and then loses its place in a response that is larger than what came with the switch.
 */
final class ClearHttp2 extends HTTP2CServerConnectionFactory {
    private final boolean upgrades;

    ClearHttp2(HttpConfiguration config, boolean upgrades) {
        super(config);
        this.upgrades = upgrades;
    }

    @Override
    public @Nullable Connection upgradeConnection(
            Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable response) {
        // A client that begins with HTTP/2 comes here too, with its preface as the request.
        boolean begins = request.getHttpVersion() == HttpVersion.HTTP_2;
        return begins || upgrades ? super.upgradeConnection(connector, endPoint, request, response) : null;
    }
}
