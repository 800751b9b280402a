package dev.millrace.server.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * A response body in the making. Each write goes to the client at once, as far as it reads, and blocks while it does not:
 * write large pieces. For a HEAD request all is thrown away.
 */
public final class ResponseBody extends OutputStream {
    private final Exchange exchange;
    private boolean closed;

    ResponseBody(Exchange exchange) {
        this.exchange = exchange;
    }

    /** Writes what remains in the buffer, which may be direct (fastest for files), and is the caller's again on return. */
    public void write(ByteBuffer buffer) throws IOException {
        exchange.write(false, buffer);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        write(ByteBuffer.wrap(bytes, offset, length));
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    /** Ends the response. Idempotent; the exchange does it when its endpoint returns. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            exchange.write(true, ByteBuffer.allocate(0));
        }
    }
}
