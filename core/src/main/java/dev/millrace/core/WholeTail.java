package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tail that keeps every event, from offset 1: segments of {@value #SEGMENT} entries and a directory of the segments.
 *
 * <p>Adding never moves an entry. Only the directory is copied when it doubles, 4 bytes for each {@value #SEGMENT}
 * events, so a journal of a million events copies 16 KB at most. A reader with a stale directory finds all segments that
 * existed when it read the journal's last offset, because the directory is published before the offset is.
 */
final class WholeTail<E> implements Tail<E> {
    private static final int SEGMENT = 256;
    private static final VarHandle DIRECTORY;

    static {
        try {
            DIRECTORY = MethodHandles.lookup().findVarHandle(WholeTail.class, "directory", Journal.Entry[][].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Journal.@Nullable Entry<E>[] @Nullable [] directory = segments(1);

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <E> Journal.@Nullable Entry<E>[] @Nullable [] segments(int count) {
        return new Journal.Entry[count][];
    }

    @Override
    @SuppressWarnings("unchecked")
    public Journal.@Nullable Entry<E> get(long offset) {
        var segments = (Journal.@Nullable Entry<E>[] @Nullable []) DIRECTORY.getAcquire(this);
        long index = offset - 1;
        long number = index / SEGMENT;
        if (index < 0 || number >= segments.length) {
            return null;
        }
        var segment = segments[(int) number];
        return segment == null ? null : segment[(int) (index % SEGMENT)];
    }

    @Override
    public void add(Journal.Entry<E> entry, int bytes) {
        long index = entry.offset() - 1;
        int number = Math.toIntExact(index / SEGMENT);
        if (number == directory.length) {
            DIRECTORY.setRelease(this, Arrays.copyOf(directory, number * 2));
        }
        var segment = directory[number];
        if (segment == null) {
            segment = segment();
            directory[number] = segment;
        }
        segment[(int) (index % SEGMENT)] = entry;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <E> Journal.@Nullable Entry<E>[] segment() {
        return new Journal.Entry[SEGMENT];
    }

    @Override
    public void clear() {
        throw new UnsupportedOperationException("a journal in memory has no backlog to read from instead");
    }

    @Override
    public long bytes() {
        return 0;
    }
}
