package dev.millrace.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the builder collected.
 *
 * @param headers sent with each request
 * @param interceptors around each request, the outermost first
 * @param bindings those that may be used, the best first; empty for all that there are, in the card's order
 * @param tls whom to trust, and who the client is
 * @param connect how long a connection may take
 * @param request how long the head of an answer may take
 * @param idle how long an answer may be silent
 * @param firstWait the longest wait before the first reconnect
 * @param mostWait the longest wait before any reconnect
 * @param patience how long a stream tries to reconnect without getting on
 * @param cards where cards are kept; null = nowhere
 * @param resend whether a message may be sent again when it is not known whether the first one arrived
 */
record ClientSettings(
        Map<String, String> headers,
        List<CallInterceptor> interceptors,
        List<Binding> bindings,
        ClientTls tls,
        Duration connect,
        Duration request,
        Duration idle,
        Duration firstWait,
        Duration mostWait,
        Duration patience,
        @Nullable CardCache cards,
        boolean resend) {

    ClientSettings {
        headers = Map.copyOf(headers);
        interceptors = List.copyOf(interceptors);
        bindings = List.copyOf(bindings);
    }

    ClientSettings withResend() {
        return new ClientSettings(
                headers,
                interceptors,
                bindings,
                tls,
                connect,
                request,
                idle,
                firstWait,
                mostWait,
                patience,
                cards,
                true);
    }
}
