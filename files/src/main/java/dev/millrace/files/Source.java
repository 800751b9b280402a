package dev.millrace.files;

/**
 * Where files come from: a directory, an HTTP origin.
 *
 * <p>Safe for use by many threads. A source with several workers (mirrors, sessions) or with references that expire
 * keeps these to itself: they are behind {@link SourceFile#fetch}, which may be called for several blocks at once, and
 * for one block a second time while the first attempt still runs.
 */
public interface Source extends AutoCloseable {

    /**
     * Looks a file up and holds on to the version found. Waits on disk or network; interrupting the thread ends the
     * wait at once and frees what it held.
     *
     * @param path relative, segments separated by {@code /}, percent-decoded exactly once, with no leading slash. A path
     *     with an empty, {@code .} or {@code ..} segment, a backslash or a control character is not found.
     * @throws SourceException.NotFound if there is no such file, or none that may be served
     * @throws SourceException.Unranged if it can only be had by {@link #openWhole}
     * @throws SourceException if the source cannot tell
     */
    SourceFile open(String path) throws SourceException, InterruptedException;

    /**
     * As {@link #open(String)}, for a reader who is likely to begin with these bytes: a source for which a request is a
     * round trip may let them come with the answer to its lookup ({@link SourceFile#headStart}).
     *
     * @param likely may reach beyond the file's end, whose size nobody knows yet
     */
    default SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        return open(path);
    }

    /**
     * Asks for all of a file that cannot be had by ranges. Waits as {@link #open(String)} does.
     *
     * @return to be closed
     * @throws SourceException.Unranged if this source gives nothing in this way
     */
    default WholeFile openWhole(String path) throws SourceException, InterruptedException {
        throw new SourceException.Unranged("there are no ranges to be had: " + FilePath.printable(path));
    }

    /** How the bytes of its files are best had. */
    Access access();

    /** How bytes are best had. */
    enum Access {
        /** Each fetch is a round trip, worth overlapping with others: any block at any time, several at once. */
        PARALLEL,
        /**
         * The same; but a request may also be for many blocks, which then cost one round trip together
         * ({@link SourceFile#run}), and more than one at once is worth it only where that is seen to bring more.
         */
        STREAM,
        /** A fetch costs about as much as the copy, and there is nothing to wait for. */
        IN_PLACE
    }

    /** Frees what the source holds; files that are still open fail. Idempotent. */
    @Override
    default void close() {}
}
