package dev.millrace.server.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every request passes before it is run, whatever it speaks: HTTP, a WebSocket handshake or gRPC. Any thread; called
 * on the request's own, so it may block.
 */
public interface Gate {
    /** Whom everybody is, where nobody is asked. */
    String EVERYBODY = "local";

    /** Lets everything pass. */
    Gate OPEN = new Gate() {};

    /**
     * What a request that may come in is told, whatever becomes of it.
     *
     * @param headers for the response, an error's too
     * @param preflight whether that was all it wanted to know: it is answered with 204, and goes no further
     */
    record Welcome(Map<String, String> headers, boolean preflight) {
        /** Nothing to say. */
        public static final Welcome SILENT = new Welcome(Map.of(), false);

        public Welcome {
            headers = Map.copyOf(headers);
        }
    }

    /** A request that is under way. */
    @FunctionalInterface
    interface Stay {
        /** It is over. Called once. */
        void end();
    }

    /**
     * Whether such a request may come in, whoever sends it.
     *
     * @throws HttpProblem if not
     */
    default Welcome admit(Arrival arrival) throws HttpProblem {
        return Welcome.SILENT;
    }

    /**
     * Who sends the request. Without control characters.
     *
     * @throws HttpProblem 401 if that is nobody, or can't be believed
     */
    default String guest(RequestHead head) throws HttpProblem {
        return EVERYBODY;
    }

    /**
     * Counts a request in, and out when it is over. A WebSocket connection is over when it is closed.
     *
     * @param guest who sends it, or null where nobody was asked, or nobody was believed
     * @throws HttpProblem 429 with Retry-After, if it is one too many
     */
    default Stay enter(@Nullable String guest, RequestHead head) throws HttpProblem {
        return () -> {};
    }
}
