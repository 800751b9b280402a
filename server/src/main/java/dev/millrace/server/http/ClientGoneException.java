package dev.millrace.server.http;

import java.io.IOException;

/** The client left, or has read nothing for so long that it was cut. Nothing more can be sent to it. */
public final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    ClientGoneException(Throwable cause) {
        super("the client is gone: " + cause.getMessage(), cause);
    }
}
