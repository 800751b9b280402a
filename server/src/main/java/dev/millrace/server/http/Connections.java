package dev.millrace.server.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;

/** The open HTTP/1 connections, so that those which wait for a next request can be closed when the server stops. */
final class Connections implements Connection.Listener {
    private final Set<Connection> http1 = ConcurrentHashMap.newKeySet();

    @Override
    public void onOpened(Connection connection) {
        if (connection instanceof ConnectionMetaData meta
                && meta.getHttpVersion().getVersion() <= HttpVersion.HTTP_1_1.getVersion()) {
            http1.add(connection);
        }
    }

    @Override
    public void onClosed(Connection connection) {
        http1.remove(connection);
    }

    /** Closes those without a request. (HTTP/2 has GOAWAY for this.) */
    void closeIdle() {
        for (Connection connection : http1) {
            if (connection.getMessagesIn() == connection.getMessagesOut()) {
                connection.close();
            }
        }
    }
}
