package dev.millrace.testkit;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port of the loopback address for a program that must be told one, and may come back to it after it was killed. It is
 * below those that operating systems give to who asks for any (Linux: 32,768 and up, macOS: 49,152 and up), which also each
 * connection takes that goes out: one of those may be somebody else's by the time that the program listens.
 */
public final class FreePort {
    private static final int LOWEST = 10_000;
    private static final int HIGHEST = 30_000;

    private FreePort() {}

    /** One on which nobody listens now. */
    public static int find() throws IOException {
        int port;
        do {
            // By luck, so that two processes that look at the same time hardly ever find the same.
            port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
        } while (taken(port));
        return port;
    }

    private static boolean taken(int port) throws IOException {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return false;
        } catch (BindException e) {
            return true;
        }
    }
}
