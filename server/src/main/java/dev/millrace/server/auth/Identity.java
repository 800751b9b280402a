package dev.millrace.server.auth;

import dev.millrace.server.http.Gate;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;

/**
 * Who asks. The owner it names is whose contexts a request sees and makes; nobody else's exist for it. Called on the
 * request's thread, before anything else is looked at.
 */
@FunctionalInterface
public interface Identity {

    /**
     * The owner in whose name the request acts, whatever protocol it came over. Without control characters.
     *
     * @throws HttpProblem 401 or 403, if it may not act at all
     */
    String owner(RequestHead request) throws HttpProblem;

    /** Everybody who can reach the server is the same owner, {@code local}. */
    static Identity local() {
        return request -> Gate.EVERYBODY;
    }

    /** Whoever the server's {@link Gate} says it is. */
    static Identity atTheGate() {
        return RequestHead::guest;
    }
}
