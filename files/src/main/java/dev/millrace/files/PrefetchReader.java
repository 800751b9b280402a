package dev.millrace.files;

import dev.millrace.core.Prefetch;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range through a sliding window of blocks that are fetched ahead.
 *
 * <p>Each buffer has one owner at any time: the fetch until it returns, then the window, then this reader until the next
 * call. The owner gives it back: the fetch when it fails, the window through {@code onDiscard}, this reader when it moves
 * on or is closed.
 */
final class PrefetchReader implements RangeReader {
    private final SourceFile file;
    private final ByteRange range;
    private final BufferPool pool;
    private final RateMeter rate;
    private final LongSupplier nanoTime;
    private final Prefetch<Block, Fetched> window;
    private @Nullable Fetched current;

    /** A block's bytes, in a buffer with position 0. */
    private record Fetched(Block block, BufferPool.Loan loan) {}

    PrefetchReader(
            SourceFile file,
            ByteRange range,
            Pipeline.Settings settings,
            BufferPool pool,
            RateMeter rate,
            LongSupplier nanoTime) {
        this.file = file;
        this.range = range;
        this.pool = pool;
        this.rate = rate;
        this.nanoTime = nanoTime;
        BlockPlan plan = new BlockPlan(range, file.info().size(), file.limits(), rate);
        Prefetch.Builder<Block, Fetched> builder = Prefetch.<Block, Fetched>of(plan, this::fetch)
                .concurrency(settings.concurrency())
                .window(settings.window())
                .onDiscard(fetched -> fetched.loan().giveBack());
        if (settings.hedgeAfter() != null) {
            builder.hedge(settings.hedgeAfter(), settings.hedgeBudget());
        }
        this.window = builder.start();
    }

    private Fetched fetch(Block block) throws SourceException, InterruptedException {
        BufferPool.Loan loan = pool.take(block.length());
        boolean complete = false;
        try {
            long start = nanoTime.getAsLong();
            ByteBuffer buffer = loan.buffer();
            file.fetch(block, buffer);
            if (buffer.position() != block.length()) {
                throw new SourceException.Failed("the source gave " + buffer.position() + " bytes for " + block);
            }
            rate.fetched(block.length(), nanoTime.getAsLong() - start);
            complete = true;
            return new Fetched(block, loan);
        } finally {
            if (!complete) {
                loan.giveBack();
            }
        }
    }

    @Override
    public @Nullable ByteBuffer next() throws SourceException, InterruptedException {
        giveBackCurrent();
        Optional<Fetched> fetched = await();
        if (fetched.isEmpty()) {
            return null;
        }
        current = fetched.get();
        Block block = current.block();
        // The source's alignment may have made the first and the last block larger than what is wanted of them.
        int from = (int) Math.max(0, range.first() - block.offset());
        int to = (int) (Math.min(range.last() + 1, block.end()) - block.offset());
        return current.loan().buffer().position(from).limit(to);
    }

    private Optional<Fetched> await() throws SourceException, InterruptedException {
        try {
            return window.next();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case SourceException source -> throw source;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new SourceException.Failed("a fetch ended unexpectedly", e.getCause());
            }
        }
    }

    @Override
    public void cancel() {
        window.close();
    }

    @Override
    public void close() {
        cancel();
        giveBackCurrent();
    }

    private void giveBackCurrent() {
        if (current != null) {
            current.loan().giveBack();
            current = null;
        }
    }
}
