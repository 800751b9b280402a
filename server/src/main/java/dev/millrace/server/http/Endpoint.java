package dev.millrace.server.http;

/** Answers requests of one route. Shared by all requests: keep a request's state in the method. */
@FunctionalInterface
public interface Endpoint {

    /**
     * Answers one request. Runs on a virtual thread of its own and may block. The exchange is over when this returns,
     * or when what it left to {@link EventStream#follow} is.
     *
     * @throws HttpProblem to answer with a problem document, if nothing has been sent yet
     * @throws Exception for anything unforeseen: the client is told 500 and an id, the log has the rest
     */
    void handle(Exchange exchange) throws Exception;

    /**
     * Tells that the {@link Gate} has refused a request, for protocols with errors of another form than a problem
     * document. Runs in place of {@link #handle}.
     */
    default void refuse(Exchange exchange, HttpProblem refusal) throws Exception {
        throw refusal;
    }
}
