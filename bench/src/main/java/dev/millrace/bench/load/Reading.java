package dev.millrace.bench.load;

import dev.millrace.bench.Lost;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One request and the stream that answers it, as its client sees it. It belongs to the thread of its {@link Crowd}.
 *
 * <p>Each frame is looked at as it comes: its id must follow the one before (or it must be the whole answer, in place of
 * the words between), and its bytes go into a checksum, so that the readers of one task can be compared with one that was
 * read word by word. Times are {@link System#nanoTime}.
 */
public final class Reading {
    private static final byte[] WORD = "\"artifactUpdate\"".getBytes(StandardCharsets.US_ASCII);
    private static final String COMPLETED = "\"TASK_STATE_COMPLETED\"";

    final SocketChannel channel;
    final byte[] request;
    final boolean whole;
    final Frames frames = new Frames(this::frame);

    /** How long this reader rests after each piece it reads; 0 = not at all. */
    long restNanos;

    /** Whether its connection may serve another. */
    boolean again;

    /** Not read before this time. */
    long restsUntil;

    private final CRC32C sum = new CRC32C();
    private final List<byte[]> payloads = new ArrayList<>();
    private byte[] last = new byte[0];
    private int lastLength;
    private long sentAt;
    private long firstEventAt;
    private long firstWordAt;
    private long endedAt;
    private long lastId = -1;
    private long events;
    private long words;
    private long missing;
    private long replaced;
    private long now;

    Reading(SocketChannel channel, byte[] request, boolean whole) {
        this.channel = channel;
        this.request = request;
        this.whole = whole;
    }

    void sent(long at) {
        sentAt = at;
    }

    /** Bytes that had come by {@code at}; a negative length is the end of the connection. */
    void received(byte[] bytes, int length, long at) {
        now = at;
        if (length > 0) {
            frames.feed(bytes, length);
        } else if (length < 0) {
            frames.closed();
        }
        if (endedAt == 0 && (frames.complete() || length < 0)) {
            if (!frames.complete()) {
                throw new Lost("a connection broke after " + events + " events");
            }
            endedAt = at;
        }
    }

    private void frame(long id, byte[] bytes, int from, int length) {
        if (lastId >= 0 && id <= lastId) {
            throw new Lost("event " + id + " came after event " + lastId);
        }
        long skipped = lastId < 0 ? 0 : id - lastId - 1;
        lastId = id;
        if (events++ == 0) {
            firstEventAt = now;
        }
        boolean word = contains(bytes, from, length);
        if (skipped > 0
                && word
                && Answers.isCount(Arrays.copyOfRange(bytes, from, from + length), words + skipped + 1)) {
            replaced += skipped;
            words += skipped;
        } else {
            missing += skipped;
        }
        if (word && words++ == 0) {
            firstWordAt = now;
        }
        if (words > 0) {
            sum.update(bytes, from, length);
        }
        if (whole) {
            payloads.add(Arrays.copyOfRange(bytes, from, from + length));
        }
        if (last.length < length) {
            last = new byte[2 * length];
        }
        System.arraycopy(bytes, from, last, 0, length);
        lastLength = length;
    }

    private static boolean contains(byte[] bytes, int from, int length) {
        outer:
        for (int i = from; i <= from + length - WORD.length; i++) {
            for (int j = 0; j < WORD.length; j++) {
                if (bytes[i + j] != WORD[j]) {
                    continue outer;
                }
            }
            return true;
        }
        return false;
    }

    /** When the request was written. */
    public long sentAt() {
        return sentAt;
    }

    /** When the first event was here. */
    public long firstEventAt() {
        return firstEventAt;
    }

    /** When the first thing that the agent made was here; 0 if nothing was yet. */
    public long firstWordAt() {
        return firstWordAt;
    }

    /** When the stream was complete; 0 if it is not yet. */
    public long endedAt() {
        return endedAt;
    }

    public boolean ended() {
        return endedAt != 0;
    }

    /** Frames that came. */
    public long events() {
        return events;
    }

    /** Events that were skipped, and whose words did not come otherwise. */
    public long missing() {
        return missing;
    }

    /**
     * Events that were merged into a later one before this reader came to them: a reader that is slower than the task
     * gets the whole answer at once, in their place.
     */
    public long replaced() {
        return replaced;
    }

    /** A checksum over the payloads of all frames from the first word on, in order. */
    public long checksum() {
        return sum.getValue();
    }

    /** The payloads, if this reading keeps them. */
    public List<byte[]> payloads() {
        return payloads;
    }

    /**
     * Makes sure that the stream is complete: so many events, no id skipped, and a completed task at its end.
     *
     * @throws Lost if not
     */
    public void requireAll(long expected) {
        if (missing != 0 || events + replaced != expected) {
            throw new Lost("expected " + expected + " events in order, got " + events + ", and " + replaced
                    + " merged into others; " + missing + " were skipped");
        }
        requireCompleted();
    }

    /** Makes sure that the last event says that the task has completed. */
    public void requireCompleted() {
        String end = new String(last, 0, lastLength, StandardCharsets.UTF_8);
        if (!ended() || !end.contains(COMPLETED)) {
            throw new Lost("a stream ended before its task was completed, with " + end);
        }
    }
}
