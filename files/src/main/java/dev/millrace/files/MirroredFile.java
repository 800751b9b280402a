package dev.millrace.files;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One version of a file that several mirrors have. */
final class MirroredFile implements SourceFile {
    private static final Logger LOG = LoggerFactory.getLogger(MirroredFile.class);

    private final String path;
    private final List<Worker> workers;
    private final FileInfo info;
    private final BlockLimits limits;
    private final Duration roundTrip;

    // By the lock of this object: which mirrors have the file open, which have no such version, and who is at which
    // block.
    private final Map<Worker, SourceFile> open = new HashMap<>();
    private final List<Worker> without = new ArrayList<>();
    private final Map<Block, List<Worker>> busy = new HashMap<>();
    private boolean closed;

    /** The mirror that looked the file up, with whose answer its first bytes may have come. */
    private final Worker first;

    private final SourceFile firstFile;

    MirroredFile(String path, List<Worker> workers, Worker first, SourceFile file) {
        this.path = path;
        this.workers = workers;
        this.first = first;
        this.firstFile = file;
        this.info = file.info();
        this.limits = file.limits();
        this.roundTrip = file.roundTrip();
        open.put(first, file);
    }

    @Override
    public FileInfo info() {
        return info;
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public Duration roundTrip() {
        return roundTrip;
    }

    /** Of the mirror that looked the file up. Beyond it blocks are spread over all, so there are no other runs. */
    @Override
    public @Nullable Run headStart() {
        return firstFile.headStart();
    }

    @Override
    public void dropHeadStart() {
        firstFile.dropHeadStart();
    }

    @Override
    public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
        ByteBuffer all = into.slice(into.position(), block.length());
        Progress progress = new Progress(attempt);
        List<Worker> tried = new ArrayList<>();
        SourceException last = null;
        long deadline = System.nanoTime() + MirroredSource.PATIENCE.toNanos();
        while (true) {
            Worker worker = choose(block, tried, attempt);
            if (worker == null) {
                last = awaitAnother(last, deadline, tried);
                continue;
            }
            try {
                fetchFrom(worker, block, all, progress);
                into.position(into.position() + block.length());
                return;
            } catch (SourceException e) {
                LOG.debug("{} did not give {} of {}: {}", worker, block, FilePath.printable(path), e.getMessage());
                last = e;
                tried.add(worker);
            }
        }
    }

    /** Waits until one of those that had trouble may be asked again, and forgets that they were; or gives up. */
    private @Nullable SourceException awaitAnother(@Nullable SourceException last, long deadline, List<Worker> tried)
            throws SourceException, InterruptedException {
        List<Worker> able;
        synchronized (this) {
            able = workers.stream().filter(w -> !without.contains(w)).toList();
        }
        Duration pause = MirroredSource.soonest(able);
        if (able.isEmpty() || closed() || System.nanoTime() + pause.toNanos() > deadline) {
            throw last == null || (last.isPassing() && !pause.isZero())
                    ? new SourceException.Unavailable(
                            "no mirror can give " + FilePath.printable(path) + " now"
                                    + (last == null ? "" : ": " + last.getMessage()),
                            pause)
                    : last;
        }
        if (!pause.isZero()) {
            Thread.sleep(pause);
        } else if (last != null && !last.isPassing()) {
            throw last;
        }
        tried.clear();
        return last;
    }

    private void fetchFrom(Worker worker, Block block, ByteBuffer all, Progress progress)
            throws SourceException, InterruptedException {
        // What another mirror brought before it failed is of the same version, and may have been given away already.
        int have = progress.arrived & -limits.alignment();
        Block rest = new Block(block.offset() + have, block.length() - have);
        long start = worker.begin();
        boolean over = false;
        try {
            SourceFile file = at(worker);
            file.fetch(rest, all.slice(have, rest.length()), progress.from(have, worker == first));
            if (!progress.early) {
                worker.fetched(start);
                over = true;
            }
        } catch (SourceException e) {
            worker.failed(e);
            over = true;
            if (!e.isPassing() && !closed()) {
                leaveOut(worker);
            }
            throw e;
        } finally {
            if (!over) {
                worker.interrupted();
            }
            leave(block, worker);
        }
    }

    private synchronized @Nullable Worker choose(Block block, List<Worker> tried, Attempt attempt) {
        boolean hedge = attempt.isHedge();
        if (!hedge && !tried.contains(first) && attempt.turn() != null) {
            busy.computeIfAbsent(block, b -> new ArrayList<>()).add(first);
            return first;
        }
        List<Worker> except = new ArrayList<>(tried);
        except.addAll(without);
        Worker chosen = null;
        if (hedge) {
            List<Worker> others = new ArrayList<>(except);
            others.addAll(busy.getOrDefault(block, List.of()));
            chosen = MirroredSource.choose(workers, others);
        }
        if (chosen == null) {
            chosen = MirroredSource.choose(workers, except);
        }
        if (chosen != null) {
            busy.computeIfAbsent(block, b -> new ArrayList<>()).add(chosen);
        }
        return chosen;
    }

    private synchronized void leave(Block block, Worker worker) {
        List<Worker> at = busy.get(block);
        if (at != null && at.remove(worker) && at.isEmpty()) {
            busy.remove(block);
        }
    }

    private synchronized void leaveOut(Worker worker) {
        if (!without.contains(worker)) {
            without.add(worker);
        }
    }

    /** The mirror's file, opened now if it was not before. */
    private SourceFile at(Worker worker) throws SourceException, InterruptedException {
        synchronized (this) {
            requireOpen();
            SourceFile known = open.get(worker);
            if (known != null) {
                return known;
            }
        }
        SourceFile opened = worker.open(path);
        if (!isSame(opened.info())) {
            opened.close();
            LOG.info("{} has another version of {} than its mirrors", worker, FilePath.printable(path));
            throw new SourceException.Changed(worker + " has another version of " + FilePath.printable(path));
        }
        synchronized (this) {
            SourceFile before = closed ? null : open.putIfAbsent(worker, opened);
            if (closed || before != null) {
                opened.close();
            }
            requireOpen();
            return before == null ? opened : before;
        }
    }

    private boolean isSame(FileInfo other) {
        if (other.size() != info.size()) {
            return false;
        }
        EntityTag tag = info.tag();
        EntityTag otherTag = other.tag();
        if ((tag != null && !tag.weak()) || (otherTag != null && !otherTag.weak())) {
            return tag != null && otherTag != null && tag.strongEquals(otherTag);
        }
        return info.lastModified() != null && Objects.equals(info.lastModified(), other.lastModified());
    }

    private void requireOpen() throws SourceException {
        if (closed) {
            throw new SourceException.Failed("closed while it was read: " + FilePath.printable(path));
        }
    }

    private synchronized boolean closed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        closed = true;
        open.values().forEach(SourceFile::close);
        open.clear();
    }

    /** How much of the block is here, whoever brought it. */
    private static final class Progress {
        private final Attempt whole;
        private volatile int arrived;
        private volatile boolean early;

        Progress(Attempt whole) {
            this.whole = whole;
        }

        /**
         * For a fetch of the block without its first {@code skipped} bytes.
         *
         * @param byRun whether this is the mirror whose run it is
         */
        Attempt from(int skipped, boolean byRun) {
            return new Attempt() {
                @Override
                public void arrived(int bytes) {
                    arrived = skipped + bytes;
                    whole.arrived(arrived);
                }

                @Override
                public boolean isHedge() {
                    return whole.isHedge();
                }

                @Override
                public Run.@Nullable Turn turn() {
                    return byRun ? whole.turn() : null;
                }

                @Override
                public void cameByRun() {
                    early = true;
                    whole.cameByRun();
                }
            };
        }
    }
}
