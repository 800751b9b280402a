package dev.millrace.client;

import java.io.IOException;

/** What came is not an A2A answer. Asking again would bring the same. */
final class NotA2a extends IOException {
    private static final long serialVersionUID = 1L;

    NotA2a(String message) {
        super(message);
    }

    NotA2a(String message, Throwable cause) {
        super(message, cause);
    }
}
