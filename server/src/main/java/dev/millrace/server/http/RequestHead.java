package dev.millrace.server.http;

import java.util.Optional;

/** What can be known of a request before its body is read: of an {@link Exchange}, and of a gRPC call alike. */
public interface RequestHead {
    /** The value of a header, if it was sent; the first if it was sent more than once. The name's case is of no matter. */
    Optional<String> header(String name);

    /** The address of the connection's other end, in digits. */
    String remoteAddress();
}
