package dev.millrace.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeoutException;

/** A request's body, no longer than allowed. */
final class RequestBody extends InputStream {
    private final InputStream in;
    private final long max;
    private final Patience patience;
    private final Signal gone;
    private long read;

    RequestBody(InputStream in, long max, Patience patience, Signal gone) {
        this.in = in;
        this.max = max;
        this.patience = patience;
        this.gone = gone;
    }

    static HttpProblem tooLarge(long max) {
        return new HttpProblem(
                413, "body-too-large", "The request body is too large", "A request body may have " + max + " bytes.");
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n;
        patience.lose();
        try {
            n = in.read(bytes, offset, length);
        } catch (IOException e) {
            throw failure(e);
        } finally {
            patience.regain();
        }
        if (n > 0 && (read += n) > max) {
            throw new IOException(tooLarge(max));
        }
        return n;
    }

    private IOException failure(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof TimeoutException) {
                return new IOException(new HttpProblem(
                        408, "request-timeout", "The request came too slowly", "The rest of the body did not come."));
            }
        }
        gone.fire();
        return new ClientGoneException(e);
    }
}
