package dev.millrace.client;

import java.time.Duration;
import java.util.Map;

/**
 * What the builder collected.
 *
 * @param headers sent with each request
 * @param connect how long a connection may take
 * @param request how long the head of an answer may take
 * @param idle how long an answer may be silent
 * @param firstWait the longest wait before the first reconnect
 * @param mostWait the longest wait before any reconnect
 * @param patience how long a stream tries to reconnect without getting on
 * @param resend whether a message may be sent again when it is not known whether the first one arrived
 */
record ClientSettings(
        Map<String, String> headers,
        Duration connect,
        Duration request,
        Duration idle,
        Duration firstWait,
        Duration mostWait,
        Duration patience,
        boolean resend) {

    ClientSettings {
        headers = Map.copyOf(headers);
    }

    ClientSettings withResend() {
        return new ClientSettings(headers, connect, request, idle, firstWait, mostWait, patience, true);
    }
}
