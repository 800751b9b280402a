package dev.millrace.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.CancellationException;

/** What it means that no usable answer came. */
final class Losses {
    private Losses() {}

    /** True if no connection came about, so that the server knows nothing of the request. */
    static boolean isUnsent(IOException e) {
        return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
    }

    /** True if the connection was lost, rather than that the answer was wrong or took too long. */
    static boolean isLoss(IOException e) {
        return !(e instanceof NotA2a)
                && (!(e instanceof HttpTimeoutException) || e instanceof HttpConnectTimeoutException);
    }

    static ConnectionFailed failed(URI url, IOException e) {
        String message =
                switch (e) {
                    case NotA2a wrong -> String.valueOf(wrong.getMessage());
                    case HttpConnectTimeoutException _ ->
                        "no connection to " + url + " in time. Check the URL and the network.";
                    case ConnectException _ ->
                        "nothing answers at " + url + ". Is the server running, and the URL right?";
                    case HttpTimeoutException _ ->
                        "no answer from " + url
                                + " in time. The task may go on there: look for it with its id, or stream.";
                    default -> "the connection to " + url + " broke: " + e.getMessage();
                };
        return new ConnectionFailed(message, !isUnsent(e), e);
    }

    static CancellationException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted while waiting for an A2A server");
    }
}
