package dev.millrace.bench.load;

import dev.millrace.bench.Lost;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes an HTTP/1.1 response, of whatever transfer, apart into Server-Sent Events, whatever the pieces it comes in. Made to
 * cost little: one pass over the bytes, no object for a frame.
 */
final class Frames {
    /** Gets each frame. The bytes are valid during the call only. */
    @FunctionalInterface
    interface Sink {
        void frame(long id, byte[] bytes, int from, int length);
    }

    private enum At {
        HEAD,
        SIZE,
        DATA,
        BREAK,
        LAST,
        END
    }

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};

    private final Sink sink;
    private final StringBuilder head = new StringBuilder();
    private At at = At.HEAD;
    private long chunk;
    private boolean endless;
    private boolean whole;
    private boolean lastOfConnection;
    private byte[] line = new byte[1024];
    private int lineLength;
    private long id = -1;
    private byte[] data = new byte[1024];
    private int dataLength = -1;

    Frames(Sink sink) {
        this.sink = sink;
    }

    /** True once the response is complete. */
    boolean complete() {
        return at == At.END;
    }

    /** Whether the server takes another request on the connection. */
    boolean keepsConnection() {
        return complete() && !endless && !lastOfConnection;
    }

    /** The connection was closed by the server: a response without chunks is complete if it is not within a frame. */
    void closed() {
        if (endless && lineLength == 0 && dataLength < 0) {
            at = At.END;
        }
    }

    void feed(byte[] bytes, int length) {
        int pos = 0;
        while (pos < length) {
            switch (at) {
                case HEAD -> head((char) bytes[pos++]);
                case SIZE -> size(bytes[pos++]);
                case DATA -> {
                    int take = (int) Math.min(chunk, length - pos);
                    body(bytes, pos, pos + take);
                    pos += take;
                    chunk -= take;
                    if (chunk == 0) {
                        at = whole ? At.END : At.BREAK;
                    }
                }
                case BREAK -> {
                    if (bytes[pos++] == '\n') {
                        at = At.SIZE;
                    }
                }
                case LAST -> {
                    if (bytes[pos++] == '\n') {
                        at = At.END;
                    }
                }
                case END -> pos++;
            }
        }
    }

    private void head(char c) {
        head.append(c);
        int end = head.length();
        if (c != '\n' || end < 4 || !head.substring(end - 4).equals("\r\n\r\n")) {
            return;
        }
        String text = head.toString().toLowerCase(java.util.Locale.ROOT);
        if (!text.startsWith("http/1.1 200 ") || !text.contains("text/event-stream")) {
            throw new Lost("the server did not answer with events: " + head);
        }
        lastOfConnection = text.contains("connection: close");
        if (text.contains("transfer-encoding: chunked")) {
            at = At.SIZE;
        } else if (text.contains("content-length:")) { // it was all there when the response began
            int from = text.indexOf("content-length:") + "content-length:".length();
            chunk = Long.parseLong(
                    text.substring(from, text.indexOf('\r', from)).strip());
            whole = true;
            at = At.DATA;
        } else {
            at = At.DATA;
            chunk = Long.MAX_VALUE; // to the end of the connection
            endless = true;
        }
    }

    private void size(byte b) {
        if (b == '\n') {
            at = chunk == 0 ? At.LAST : At.DATA;
        } else if (b != '\r') {
            chunk = 16 * chunk + Character.digit(b, 16);
        }
    }

    private void body(byte[] bytes, int from, int to) {
        int start = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                if (lineLength > 0) {
                    keep(bytes, start, i);
                    int whole = lineLength;
                    lineLength = 0;
                    line(line, 0, whole);
                } else {
                    line(bytes, start, i);
                }
                start = i + 1;
            }
        }
        if (start < to) {
            keep(bytes, start, to);
        }
    }

    private void keep(byte[] bytes, int from, int to) {
        int length = to - from;
        if (lineLength + length > line.length) {
            line = Arrays.copyOf(line, 2 * (lineLength + length));
        }
        System.arraycopy(bytes, from, line, lineLength, length);
        lineLength += length;
    }

    private void line(byte[] bytes, int from, int end) {
        int to = end > from && bytes[end - 1] == '\r' ? end - 1 : end; // some servers end lines so
        if (from == to) {
            if (dataLength >= 0) {
                sink.frame(id, data, 0, dataLength);
                dataLength = -1;
            }
        } else if (bytes[from] == 'i') {
            id = 0;
            for (int i = from + 4; i < to; i++) {
                id = 10 * id + bytes[i] - '0';
            }
        } else if (bytes[from] == 'd') {
            dataLength = to - from - DATA.length;
            if (dataLength > data.length) {
                data = new byte[2 * dataLength];
            }
            System.arraycopy(bytes, from + DATA.length, data, 0, dataLength);
        } else if (bytes[from] != ':' && bytes[from] != 'e' && bytes[from] != 'r') { // event:, retry:
            throw new Lost("a line that is no event's: " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
        }
    }
}
