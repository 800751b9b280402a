package dev.millrace.files;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Several sources that hold the same files, as one: each block is fetched from the one that is likely to bring it first.
 *
 * <p>Blocks are spread by load: to the mirror with the least (fetches in flight + 1) × time that a fetch of it takes. A
 * mirror that fails is left alone for a while and its block fetched elsewhere, from the byte that is missing; one that asks
 * to be left alone (429, 503) gets its wish, and from then on fewer fetches at once. A second fetch of a late block goes to
 * another mirror than the first. Only when all have to be left alone does a fetch wait, and not for long.
 *
 * <p>A file is the version that the first mirror to answer has. Another mirror takes part in reading it if it says the
 * same size and the same strong tag, or, where neither has a strong tag, the same date; else it is left out for this file.
 */
public final class MirroredSource implements Source {
    /** How long a fetch waits for a mirror when all of them have to be left alone. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final List<Worker> workers;

    /**
     * @param mirrors at least one, each with {@link Source.Access#PARALLEL} access; they are closed with this source
     */
    public MirroredSource(List<Source> mirrors) {
        this(mirrors, System::nanoTime);
    }

    MirroredSource(List<Source> mirrors, LongSupplier nanoTime) {
        if (mirrors.isEmpty()) {
            throw new IllegalArgumentException("need at least one mirror");
        }
        this.workers =
                mirrors.stream().map(source -> new Worker(source, nanoTime)).toList();
    }

    @Override
    public SourceFile open(String path) throws SourceException, InterruptedException {
        return open(path, worker -> worker.open(path));
    }

    @Override
    public SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        return open(path, worker -> worker.open(path, likely));
    }

    /** How one mirror looks a file up. */
    @FunctionalInterface
    private interface Lookup {
        SourceFile by(Worker worker) throws SourceException, InterruptedException;
    }

    private SourceFile open(String path, Lookup lookup) throws SourceException, InterruptedException {
        List<Worker> tried = new ArrayList<>();
        SourceException last = null;
        for (Worker worker; (worker = choose(workers, tried)) != null; ) {
            try {
                SourceFile file = lookup.by(worker);
                return new MirroredFile(path, workers, worker, file);
            } catch (SourceException e) {
                tried.add(worker);
                last = telling(last, e);
            }
        }
        if (last == null) {
            throw new SourceException.Unavailable("all mirrors ask to be left alone", soonest(workers));
        }
        throw last;
    }

    /** "Not found" by one is news only if nobody had trouble: the one in trouble may have the file. */
    private static SourceException telling(@Nullable SourceException before, SourceException now) {
        return before == null || before instanceof SourceException.NotFound ? now : before;
    }

    /** The one that is likely to be first, of those that may be asked; null if there is none. */
    static @Nullable Worker choose(List<Worker> workers, List<Worker> except) {
        Worker best = null;
        double least = Double.MAX_VALUE;
        for (Worker worker : workers) {
            if (!except.contains(worker) && !worker.isParked()) {
                double load = worker.load();
                if (load < least) {
                    least = load;
                    best = worker;
                }
            }
        }
        return best;
    }

    /** When the first of them may be asked again. */
    static Duration soonest(List<Worker> workers) {
        return Duration.ofNanos(
                workers.stream().mapToLong(Worker::parkedNanos).min().orElse(0));
    }

    @Override
    public Access access() {
        return Access.PARALLEL;
    }

    @Override
    public void close() {
        Set.copyOf(workers).forEach(Worker::close);
    }

    @Override
    public String toString() {
        return "mirrors " + workers;
    }
}
