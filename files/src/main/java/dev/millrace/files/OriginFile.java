package dev.millrace.files;

import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One version of a file at an HTTP origin, read by range requests that are pinned to it. */
final class OriginFile implements SourceFile {
    private final HttpOrigin origin;
    private final String path;
    private final FileInfo info;
    private final OriginVersion version;
    private final Duration roundTrip;
    private final AtomicReference<@Nullable Run> headStart = new AtomicReference<>();
    private volatile boolean closed;

    OriginFile(HttpOrigin origin, String path, FileInfo info, OriginVersion version, Duration roundTrip) {
        this.origin = origin;
        this.path = path;
        this.info = info;
        this.version = version;
        this.roundTrip = roundTrip;
    }

    /** With the lookup's answer came these bytes of this version. */
    void startWith(Answer answer, long first, long end) {
        headStart.set(new Run(this::open, origin, answer, first, end));
    }

    @Override
    public FileInfo info() {
        return info;
    }

    @Override
    public BlockLimits limits() {
        return BlockLimits.ANY;
    }

    /** What is usual at its origin: the lookup of this very file may have been late. */
    @Override
    public Duration roundTrip() {
        Duration usual = origin.usualAnswer();
        return usual == null ? roundTrip : usual;
    }

    @Override
    public @Nullable Run headStart() {
        return headStart.getAndSet(null);
    }

    @Override
    public void dropHeadStart() {
        Run unused = headStart.getAndSet(null);
        if (unused != null) {
            unused.close();
        }
    }

    @Override
    public Run run(long first, long end, boolean mayLeave) {
        long stop = mayLeave ? Math.min(end, first - first % BlockPlan.LINE + origin.atFirst()) : end;
        return new Run(this::open, origin, stop);
    }

    private Answer open(long first, long end) throws SourceException, InterruptedException {
        ByteRange wanted = new ByteRange(first, end - 1);
        HttpRequest.Builder request = origin.request(path, wanted);
        version.pin(request);
        Answer answer = origin.ask(request.build(), origin.fetchTimeout());
        boolean right = false;
        try {
            long _ = accept(answer, wanted);
            right = true;
            return answer;
        } finally {
            if (!right) {
                answer.close();
            }
        }
    }

    @Override
    public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
        ByteBuffer window = into.slice(into.position(), block.length());
        Object _ = Interruptible.call(() -> {
            fill(block, window, attempt);
            return block;
        });
        into.position(into.position() + block.length());
    }

    private void fill(Block block, ByteBuffer window, Attempt attempt) throws SourceException, InterruptedException {
        Run.Turn turn = attempt.turn();
        if (turn != null) {
            turn.take(block.offset(), window, attempt);
        }
        if (window.hasRemaining()) {
            fetchMissing(block, window, attempt);
        }
    }

    private void fetchMissing(Block block, ByteBuffer window, Attempt attempt)
            throws SourceException, InterruptedException {
        var _ = origin.withRetries(limit -> {
            if (closed) {
                throw new SourceException.Failed("closed while it was read: " + FilePath.printable(path));
            }
            // What arrived before a connection broke is of the pinned version, and so is the rest.
            long first = block.offset() + window.position();
            ByteRange missing = new ByteRange(first, block.end() - 1);
            HttpRequest.Builder request = origin.request(path, missing);
            version.pin(request);
            origin.fetch(request.build(), head -> (int) accept(head, missing), window, attempt::arrived, limit);
            return missing;
        });
    }

    private long accept(HttpResponse.ResponseInfo head, ByteRange asked) throws SourceException {
        HttpHeaders headers = head.headers();
        switch (head.statusCode()) {
            case 206 -> {}
            case 200 ->
                throw OriginVersion.of(
                                        headers.firstValueAsLong("Content-Length")
                                                .orElse(-1),
                                        headers)
                                .sameAs(version)
                        ? new SourceException.Failed("the origin ignores Range: " + FilePath.printable(path))
                        : changed();
            case 412, 416 -> throw changed();
            default -> throw OriginAnswer.failure(head, path);
        }
        OriginAnswer.refuseEncoded(headers, path);
        ContentRange given = OriginAnswer.contentRange(headers, path);
        if (!OriginVersion.of(given.size(), headers).sameAs(version)) {
            throw changed();
        }
        if (given.first() != asked.first() || given.last() != asked.last()) {
            throw new SourceException.Failed("asked for bytes " + asked.first() + "-" + asked.last()
                    + ", the origin gave " + given.first() + "-" + given.last() + ": " + FilePath.printable(path));
        }
        long length = headers.firstValueAsLong("Content-Length").orElse(asked.length());
        if (length != asked.length()) {
            throw new SourceException.Failed("the origin announced " + length + " bytes for a range of "
                    + asked.length() + ": " + FilePath.printable(path));
        }
        return length;
    }

    private SourceException.Changed changed() {
        return new SourceException.Changed("changed at the origin: " + FilePath.printable(path));
    }

    @Override
    public void close() {
        closed = true;
        dropHeadStart();
    }
}
