package dev.millrace.server.files;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import org.jspecify.annotations.Nullable;

/** What a request's query says of a link, right or wrong. */
record LinkQuery(
        @Nullable String exp,
        @Nullable String kid,
        @Nullable String sig) {

    static LinkQuery of(Exchange exchange) throws HttpProblem {
        return new LinkQuery(
                exchange.queryParameter("exp").orElse(null),
                exchange.queryParameter("kid").orElse(null),
                exchange.queryParameter("sig").orElse(null));
    }

    boolean isThere() {
        return exp != null || kid != null || sig != null;
    }
}
