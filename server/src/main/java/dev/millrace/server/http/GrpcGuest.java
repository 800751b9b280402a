package dev.millrace.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;

/** Who sends a gRPC call: the {@link Gate} knows, and its word goes with the call's metadata. */
public final class GrpcGuest {
    /** The metadata's key. A client can't set it: it is overwritten with what the gate says. */
    public static final String HEADER = "millrace-guest";

    private GrpcGuest() {}

    /** The name that the metadata's value stands for. */
    public static String read(String value) {
        return new String(Base64.getDecoder().decode(value), UTF_8);
    }
}
