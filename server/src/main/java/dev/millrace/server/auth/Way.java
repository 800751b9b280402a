package dev.millrace.server.auth;

import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One way for a request to prove whose it is. Any thread; may block. */
interface Way {

    /**
     * Whose the request is; null if it does not try to prove it in this way.
     *
     * @throws HttpProblem 401 if it tries and fails, 503 if that can't be found out now
     */
    @Nullable String owner(RequestHead head) throws HttpProblem;

    /** What the agents' cards say of it, by name: a request needs any one of these. */
    Map<String, SecurityScheme> schemes();

    /** The token after {@code Authorization: Bearer} (RFC 6750, 2.1); null if there is none. */
    static @Nullable String bearer(RequestHead head) {
        String sent = head.header("Authorization").orElse("").strip();
        return sent.regionMatches(true, 0, "Bearer ", 0, 7) ? sent.substring(7).strip() : null;
    }

    /** What was sent can't be believed. What was sent is not repeated: it may be nearly right. */
    static HttpProblem refused(String detail) {
        return new HttpProblem(401, "unauthenticated", "The request does not prove whose it is", detail)
                .header("WWW-Authenticate", "Bearer realm=\"millrace\", error=\"invalid_token\"");
    }
}
