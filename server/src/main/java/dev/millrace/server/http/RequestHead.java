package dev.millrace.server.http;

import java.security.cert.X509Certificate;
import java.util.Optional;

/** What can be known of a request before its body is read: of an {@link Exchange}, and of a gRPC call alike. */
public interface RequestHead {
    /** The value of a header, if it was sent; the first if it was sent more than once. The name's case is of no matter. */
    Optional<String> header(String name);

    /** The address of the connection's other end, in digits. */
    String remoteAddress();

    /** The certificate that the client has proved, over TLS, to be its own; empty if it has shown none. */
    default Optional<X509Certificate> certificate() {
        return Optional.empty();
    }

    /**
     * Who the server's {@link Gate} says this is. It is asked once for each request, whoever asks here.
     *
     * @throws HttpProblem 401, if it is nobody who may act here
     */
    default String guest() throws HttpProblem {
        return Gate.EVERYBODY;
    }
}
