package dev.millrace.server.http;

import java.time.Duration;

/**
 * What one client may take, and for how long it may do nothing. {@link #defaults()} suit a server on the open network.
 *
 * @param maxBody bytes of a request body (gRPC has {@code maxMessage}); over it: 413
 * @param maxHeader bytes of a request's line and headers; over it: 431
 * @param maxMessage bytes of one received WebSocket text message (over it: close 1009) or gRPC message (over it:
 *     RESOURCE_EXHAUSTED)
 * @param maxConnections open connections; one over it waits in the accept queue until another ends
 * @param maxStreams requests at once on one HTTP/2 connection; over it: REFUSED_STREAM
 * @param acceptQueue connections that may wait to be accepted
 * @param idle how long a connection may be silent while a request is awaited or read, or refuse to take what is written
 * @param heartbeat how often an idle stream is proved alive; at most two thirds of {@code idle}, because a
 *     stream that is as silent as the idle timeout may be cut at the very tick
 * @param writeTimeout how long one WebSocket message may take to be handed to the network before the connection is cut
 */
public record HttpLimits(
        long maxBody,
        int maxHeader,
        int maxMessage,
        int maxConnections,
        int maxStreams,
        int acceptQueue,
        Duration idle,
        Duration heartbeat,
        Duration writeTimeout) {

    public HttpLimits {
        positive("maxBody", maxBody);
        positive("maxHeader", maxHeader);
        positive("maxMessage", maxMessage);
        positive("maxConnections", maxConnections);
        positive("maxStreams", maxStreams);
        positive("acceptQueue", acceptQueue);
        positive("idle", idle.toMillis());
        positive("heartbeat", heartbeat.toMillis());
        positive("writeTimeout", writeTimeout.toMillis());
        // A heartbeat comes up to a quarter late (Sweeper).
        if (heartbeat.multipliedBy(3).compareTo(idle.multipliedBy(2)) > 0) {
            throw new IllegalArgumentException(
                    "heartbeat (" + heartbeat + ") must be at most two thirds of the idle timeout (" + idle + ")");
        }
    }

    /**
     * 8 MiB bodies, 16 KiB headers, 4 MiB messages (gRPC's own default), 16,384 connections, 128 streams each, an accept
     * queue of 4,096, 30 s idle, 15 s heartbeat, 10 s per WebSocket write.
     */
    public static HttpLimits defaults() {
        return new Builder().build();
    }

    /** The defaults, to be changed one by one. */
    public static Builder builder() {
        return new Builder();
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be greater than 0, not " + value);
        }
    }

    /** Limits in the making. */
    public static final class Builder {
        private long maxBody = 8L << 20;
        private int maxHeader = 16 << 10;
        private int maxMessage = 4 << 20;
        private int maxConnections = 16_384;
        private int maxStreams = 128;
        private int acceptQueue = 4096;
        private Duration idle = Duration.ofSeconds(30);
        private Duration heartbeat = Duration.ofSeconds(15);
        private Duration writeTimeout = Duration.ofSeconds(10);

        private Builder() {}

        public Builder maxBody(long bytes) {
            maxBody = bytes;
            return this;
        }

        public Builder maxHeader(int bytes) {
            maxHeader = bytes;
            return this;
        }

        public Builder maxMessage(int bytes) {
            maxMessage = bytes;
            return this;
        }

        public Builder maxConnections(int connections) {
            maxConnections = connections;
            return this;
        }

        public Builder maxStreams(int streams) {
            maxStreams = streams;
            return this;
        }

        public Builder acceptQueue(int connections) {
            acceptQueue = connections;
            return this;
        }

        public Builder idle(Duration timeout) {
            idle = timeout;
            return this;
        }

        public Builder heartbeat(Duration period) {
            heartbeat = period;
            return this;
        }

        public Builder writeTimeout(Duration timeout) {
            writeTimeout = timeout;
            return this;
        }

        public HttpLimits build() {
            return new HttpLimits(
                    maxBody,
                    maxHeader,
                    maxMessage,
                    maxConnections,
                    maxStreams,
                    acceptQueue,
                    idle,
                    heartbeat,
                    writeTimeout);
        }
    }
}
