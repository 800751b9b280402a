package dev.millrace.server.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing row of bytes on its way to one client. A payload that many readers share is copied once per reader and never
 * encoded again. Not for use by two threads.
 */
public final class FrameBuffer {
    private static final int INITIAL = 1024;
    // A stream that once sent a large batch shall not keep its memory while it idles.
    private static final int KEEP = 64 * 1024;
    private static final byte[] NOTHING = {};
    private static final byte[] ID = ascii("id: ");
    private static final byte[] DATA = ascii("data: ");
    private static final byte[] END_OF_EVENT = ascii("\n\n");

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH = 0x8080_8080_8080_8080L;
    private static final long LINE_FEEDS = '\n' * ONES;
    private static final long CARRIAGE_RETURNS = '\r' * ONES;

    private byte[] bytes = NOTHING;
    private int size;

    /** Appends bytes as they are. */
    public FrameBuffer append(byte[] more) {
        ensure(more.length);
        System.arraycopy(more, 0, bytes, size, more.length);
        size += more.length;
        return this;
    }

    /** Appends what is in another. */
    FrameBuffer append(FrameBuffer other) {
        append(other.bytes, 0, other.size);
        return this;
    }

    /** Appends text as UTF-8. */
    public FrameBuffer append(String text) {
        return append(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends one ASCII character. */
    public FrameBuffer append(char ascii) {
        ensure(1);
        bytes[size++] = (byte) ascii;
        return this;
    }

    /** Appends a number in decimal digits. */
    public FrameBuffer append(long number) {
        if (number < 0) {
            return append(Long.toString(number));
        }
        // Each frame has one: without an object for it.
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        ensure(digits);
        long rest = number;
        for (int i = size + digits - 1; i >= size; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
        return this;
    }

    /** Appends one Server-Sent Event with an id, by which a client resumes ({@code Last-Event-ID}). */
    public FrameBuffer event(long id, byte[] payload) {
        return event(id, NOTHING, payload, NOTHING);
    }

    /**
     * Appends one Server-Sent Event whose data is {@code prefix + payload + suffix}, for instance an envelope around a
     * payload that was encoded once. A line break in the data becomes a further {@code data:} line, as the format
     * demands, so no payload can forge a frame.
     */
    public FrameBuffer event(long id, byte[] prefix, byte[] payload, byte[] suffix) {
        append(ID).append(id).append('\n');
        return data(prefix, payload, suffix);
    }

    /** As {@link #event(long, byte[], byte[], byte[])}, but without an id: the client's resume point stays. */
    public FrameBuffer event(byte[] prefix, byte[] payload, byte[] suffix) {
        return data(prefix, payload, suffix);
    }

    /** Appends a comment, which clients ignore. */
    public FrameBuffer comment(String text) {
        return append(": " + text.replaceAll("\\R", " ")).append(END_OF_EVENT);
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** The number of bytes. */
    public int size() {
        return size;
    }

    /** A copy of the bytes. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** Forgets the bytes, for the next batch. */
    public void clear() {
        size = 0;
        if (bytes.length > KEEP) {
            bytes = NOTHING;
        }
    }

    /** Forgets the bytes and what they were in: the next batch may be long in coming. */
    void rest() {
        size = 0;
        bytes = NOTHING;
    }

    /** The bytes themselves: valid until the next change of this buffer. */
    ByteBuffer view() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    private FrameBuffer data(byte[] prefix, byte[] payload, byte[] suffix) {
        append(DATA);
        line(prefix);
        line(payload);
        line(suffix);
        return append(END_OF_EVENT);
    }

    private void line(byte[] text) {
        if (!hasBreak(text)) { // nearly always: JSON of ours has none
            append(text, 0, text.length);
            return;
        }
        int from = 0;
        for (int i = 0; i < text.length; i++) {
            byte b = text[i];
            if (b == '\n' || b == '\r') {
                append(text, from, i);
                append('\n').append(DATA);
                if (b == '\r' && i + 1 < text.length && text[i + 1] == '\n') {
                    i++;
                }
                from = i + 1;
            }
        }
        append(text, from, text.length);
    }

    /** Eight bytes at a time: each reader of an event looks through all of it. */
    private static boolean hasBreak(byte[] text) {
        long found = 0;
        int i = 0;
        for (; i <= text.length - Long.BYTES; i += Long.BYTES) {
            long eight = (long) EIGHT.get(text, i);
            found |= zeros(eight ^ LINE_FEEDS) | zeros(eight ^ CARRIAGE_RETURNS);
        }
        for (; i < text.length; i++) {
            found |= text[i] == '\n' || text[i] == '\r' ? 1 : 0;
        }
        return found != 0;
    }

    /** Not zero if one of the eight bytes is (Hacker's Delight). */
    private static long zeros(long eight) {
        return (eight - ONES) & ~eight & HIGH;
    }

    private void append(byte[] text, int from, int to) {
        ensure(to - from);
        System.arraycopy(text, from, bytes, size, to - from);
        size += to - from;
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(Math.addExact(size, more), Math.clamp(2L * bytes.length, INITIAL, 1 << 30)));
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
