package dev.millrace.client.sse;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a {@code text/event-stream} into events, however the bytes are cut into pieces.
 *
 * <p>The rules are those of the WHATWG HTML standard, section 9.2.6 ("Interpreting an event stream"): a line ends at
 * LF, CR or CRLF; one leading byte order mark is skipped; one space after the colon is dropped; an id with a NUL and a
 * retry that is not all digits are ignored; an event that the end of the stream cuts off is dropped. A CR ends its line
 * at once, so an event whose blank line ends in CR is there without waiting for a byte that may follow.
 *
 * <p>Data stays bytes until somebody asks for text: a character that is split between two pieces is never torn.
 * Not safe for use by several threads at once.
 */
public final class SseReader {
    /**
     * The most that one event may hold, in bytes: its data and the line being read. Twice the 8 MiB that a Millrace
     * server takes as a request by default, so that whatever could be sent can be read back.
     */
    public static final int DEFAULT_LIMIT = 16 * 1024 * 1024;

    /** Buffers that grew beyond this for one event are let go after it. */
    private static final int KEPT = 64 * 1024;

    /** Ten digits hold every delay up to {@link Integer#MAX_VALUE} ms (24 days); longer ones are no sane delay. */
    private static final int RETRY_DIGITS = 10;

    private final int limit;
    private final ArrayDeque<SseEvent> ready = new ArrayDeque<>();
    private final Bytes line = new Bytes();
    private final Bytes data = new Bytes();
    private boolean firstLine = true;
    private boolean skipLineFeed;
    private boolean comment;
    private boolean hasData;
    private String type = "";
    private @Nullable String idOfBlock;
    private @Nullable String lastEventId;
    private @Nullable Duration retry;

    public SseReader() {
        this(DEFAULT_LIMIT);
    }

    /** @param limit the most bytes that one event may hold; more is an {@link SseOverflow} */
    public SseReader(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1 byte, not " + limit);
        }
        this.limit = limit;
    }

    /** Takes the buffer's remaining bytes. */
    public void feed(ByteBuffer bytes) throws SseOverflow {
        int position = bytes.position();
        int end = bytes.limit();
        if (skipLineFeed && position < end) {
            skipLineFeed = false;
            if (bytes.get(position) == '\n') {
                position++;
            }
        }
        while (position < end) {
            int lineEnd = lineEnd(bytes, position, end);
            take(bytes, position, lineEnd);
            if (lineEnd == end) {
                break;
            }
            position = lineEnd + 1;
            if (bytes.get(lineEnd) == '\r') {
                if (position == end) {
                    skipLineFeed = true;
                } else if (bytes.get(position) == '\n') {
                    position++;
                }
            }
            endOfLine();
        }
        bytes.position(end);
    }

    /** The next event that is complete; null if there is none yet. */
    public @Nullable SseEvent poll() {
        return ready.poll();
    }

    /** Whether an event is complete that {@link #poll} has not given yet. */
    public boolean ready() {
        return !ready.isEmpty();
    }

    /** What to send as {@code Last-Event-ID} when this stream is resumed; null or empty: send none. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /** How long the server wants a client to wait before it reconnects; null if it did not say. */
    public @Nullable Duration retry() {
        return retry;
    }

    private static int lineEnd(ByteBuffer bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes.get(i);
            if (b == '\n' || b == '\r') {
                return i;
            }
        }
        return to;
    }

    private void take(ByteBuffer bytes, int from, int to) throws SseOverflow {
        if (comment || from == to) {
            return;
        }
        if (line.length == 0 && !firstLine && bytes.get(from) == ':') {
            comment = true; // never kept, so of any length
            return;
        }
        if ((long) data.length + line.length + (to - from) > limit) {
            throw new SseOverflow(limit);
        }
        line.append(bytes, from, to);
    }

    private void endOfLine() {
        if (firstLine) {
            firstLine = false;
            line.dropByteOrderMark();
        }
        if (comment) {
            comment = false;
        } else if (line.length == 0) {
            endOfBlock();
        } else {
            field();
        }
        line.clear();
    }

    private void field() {
        int colon = line.indexOf((byte) ':');
        int nameEnd = colon < 0 ? line.length : colon;
        int value = colon < 0 ? line.length : colon + 1;
        if (value < line.length && line.array[value] == ' ') {
            value++;
        }
        switch (line.text(0, nameEnd)) {
            case "data" -> {
                if (hasData) {
                    data.append((byte) '\n');
                }
                hasData = true;
                data.append(line, value);
            }
            case "event" -> type = line.text(value, line.length);
            case "id" -> {
                String id = line.text(value, line.length);
                if (id.indexOf('\0') < 0) {
                    idOfBlock = id;
                }
            }
            case "retry" -> readRetry(value);
            default -> {
                // The standard: a field nobody knows is ignored. So is a comment on the first line (an empty name).
            }
        }
    }

    private void readRetry(int from) {
        int digits = line.length - from;
        if (digits == 0 || digits > RETRY_DIGITS) {
            return;
        }
        long millis = 0;
        for (int i = from; i < line.length; i++) {
            int digit = line.array[i] - '0';
            if (digit < 0 || digit > 9) {
                return;
            }
            millis = millis * 10 + digit;
        }
        retry = Duration.ofMillis(millis);
    }

    private void endOfBlock() {
        lastEventId = idOfBlock;
        if (hasData) {
            ready.add(new SseEvent(type.isEmpty() ? "message" : type, data.copy(), lastEventId));
        }
        hasData = false;
        type = "";
        data.clear();
    }

    /** A growing array that can be looked into. */
    private static final class Bytes {
        byte[] array = new byte[512];
        int length;

        void append(ByteBuffer source, int from, int to) {
            ensure(to - from);
            source.get(from, array, length, to - from);
            length += to - from;
        }

        void append(Bytes source, int from) {
            int count = source.length - from;
            ensure(count);
            System.arraycopy(source.array, from, array, length, count);
            length += count;
        }

        void append(byte b) {
            ensure(1);
            array[length++] = b;
        }

        private void ensure(int more) {
            if (array.length - length < more) {
                int doubled = (int) Math.min(Integer.MAX_VALUE - 8L, 2L * array.length);
                array = Arrays.copyOf(array, Math.max(doubled, Math.addExact(length, more)));
            }
        }

        int indexOf(byte wanted) {
            for (int i = 0; i < length; i++) {
                if (array[i] == wanted) {
                    return i;
                }
            }
            return -1;
        }

        String text(int from, int to) {
            return new String(array, from, to - from, StandardCharsets.UTF_8);
        }

        byte[] copy() {
            return Arrays.copyOf(array, length);
        }

        void dropByteOrderMark() {
            if (length >= 3 && array[0] == (byte) 0xEF && array[1] == (byte) 0xBB && array[2] == (byte) 0xBF) {
                System.arraycopy(array, 3, array, 0, length - 3);
                length -= 3;
            }
        }

        void clear() {
            length = 0;
            if (array.length > KEPT) {
                array = new byte[512];
            }
        }
    }
}
