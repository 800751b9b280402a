package dev.millrace.engine.store;

import dev.millrace.engine.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What uploaded files there are, whose, how large, and which are still of use; the files themselves are elsewhere.
 *
 * <p>Which conversations name a file ({@link FileNames}) is noted by the store in the transaction that writes the event, and
 * goes in the one that deletes the conversation. A file that the last of its owner's conversations has let go of is
 * <em>loose</em> from then on, until one names it again. What has been loose for long enough is removed by whoever
 * {@linkplain #take takes} it: that and a write that names the file exclude each other, whichever processes do them.
 *
 * <p>A file that no conversation has ever named is not loose, unless it was {@linkplain #add made} so.
 *
 * <p>Every method may block and fails with a {@link StoreFailure}. Any thread.
 */
public interface FileRegister {

    /** A quota that nobody reaches. */
    long NO_QUOTA = Long.MAX_VALUE;

    /**
     * A file, or an upload that is under way.
     *
     * @param id 32 hexadecimal digits
     * @param size in bytes: what it has, or was announced to have, or 0 while nobody knows
     * @param sha256 of the whole, in hexadecimal; null while it arrives
     * @param touchedAt when bytes of it came last
     * @param looseSince since when nothing names it; null = something does, or nothing ever did
     * @param removing true if somebody has taken it, to remove it
     */
    record Entry(
            String id,
            String owner,
            String name,
            String mediaType,
            long size,
            @Nullable String sha256,
            Instant createdAt,
            Instant touchedAt,
            @Nullable Instant looseSince,
            boolean removing) {
        /** Whether all of it is here. */
        public boolean isWhole() {
            return sha256 != null;
        }

        /** The same, loose since a time, or not loose. */
        public Entry withLooseSince(@Nullable Instant since) {
            return new Entry(id, owner, name, mediaType, size, sha256, createdAt, touchedAt, since, removing);
        }

        /** The same, taken. */
        public Entry taken() {
            return new Entry(id, owner, name, mediaType, size, sha256, createdAt, touchedAt, looseSince, true);
        }

        /** The same with more of it here. */
        public Entry grown(long bytes, @Nullable String hash, Instant now) {
            return new Entry(id, owner, name, mediaType, bytes, hash, createdAt, now, looseSince, removing);
        }
    }

    /** What an owner's files come to, and those that arrive. */
    record Space(long files, long bytes) {}

    /**
     * Notes a file, unless one of this id is known.
     *
     * @param quota how many bytes the owner's files may have together
     * @return false if they would have more; then nothing is noted
     */
    boolean add(Entry entry, long quota);

    /** Null if there is none. */
    @Nullable Entry find(String id);

    /**
     * Notes that an upload has grown, or was just asked after: it is not given up for a while.
     *
     * @param size as in {@link Entry}; never less than what is known
     * @return false if the owner's files would have more than {@code quota}; then nothing is noted
     */
    boolean grow(String id, long size, Instant now, long quota);

    /** Notes that all of a file is here. */
    void finish(String id, long size, String sha256, Instant now);

    /**
     * Keeps a file that is loose from being taken as if it had become so now: for who is about to name it.
     *
     * @return false if it is being removed, so that it must not be named; true also for a file that is not known here
     */
    boolean hold(String id, Instant now);

    /** The owner's whole files, the newest first. An {@code after} that is none gives none. */
    Page<Entry> list(String owner, int limit, @Nullable String after);

    /** What all of the owner's take. */
    Space space(String owner);

    /** Whole files that have been loose since before this time, or were taken and are still here; the oldest first. */
    List<Entry> loose(Instant before, int max);

    /** Uploads that are under way, and to which nothing has come since before this time; the oldest first. */
    List<Entry> unfinished(Instant before, int max);

    /**
     * Takes a whole file, to remove it: from now on nobody holds it.
     *
     * @return false if it is not loose since before this time any more, or something names it
     */
    boolean take(String id, Instant before);

    /** Takes a file or an upload whatever names it, because its owner wants it so. */
    void takeAnyway(String id);

    /** It is gone. */
    void remove(String id);

    /**
     * Lets one process alone write to an upload, for a while.
     *
     * @param holder the process; who has the claim already has it for longer
     * @return false if another has it
     */
    boolean claim(String id, String holder, Instant now, Duration time);

    /** Gives a claim back. */
    void release(String id, String holder);
}
