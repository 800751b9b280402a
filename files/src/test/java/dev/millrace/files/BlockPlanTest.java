package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BlockPlanTest {
    private static final int KIB = 1 << 10;
    private static final long MIB = 1 << 20;

    private static List<Block> plan(long first, long length, long size, BlockLimits limits, RateMeter rate) {
        List<Block> blocks = new ArrayList<>();
        new BlockPlan(new ByteRange(first, first + length - 1), size, limits, rate).forEachRemaining(blocks::add);
        return blocks;
    }

    private static List<Integer> kibs(List<Block> blocks) {
        return blocks.stream().map(b -> b.length() / KIB).toList();
    }

    @Test
    void sizes_ramp_up_to_one_MiB() {
        List<Block> blocks = plan(0, 4 * MIB, 4 * MIB, BlockLimits.ANY, new RateMeter());
        assertThat(kibs(blocks)).containsExactly(64, 64, 128, 256, 512, 1024, 1024, 1024);
    }

    @Test
    void a_source_that_was_seen_to_be_fast_gets_large_blocks_at_once() {
        RateMeter rate = new RateMeter();
        rate.fetched(KIB << 10, 10_000_000); // 100 MiB/s: a block of 1 MiB takes 10 ms
        assertThat(kibs(plan(0, 3 * MIB, 3 * MIB, BlockLimits.ANY, rate))).containsExactly(1024, 1024, 1024);
    }

    @Test
    void a_source_of_middling_speed_gets_what_it_can_bring_within_50_ms() {
        RateMeter rate = new RateMeter();
        rate.fetched(KIB << 10, 200_000_000); // 5 MiB/s: 256 KiB take 50 ms
        assertThat(kibs(plan(0, 2 * MIB, 2 * MIB, BlockLimits.ANY, rate)))
                .containsExactly(256, 256, 256, 256, 512, 512);
    }

    @Test
    void the_ramp_listens_to_the_rate_while_it_runs() {
        RateMeter rate = new RateMeter();
        BlockPlan plan = new BlockPlan(new ByteRange(0, 3 * MIB - 1), 3 * MIB, BlockLimits.ANY, rate);
        assertThat(plan.next().length()).isEqualTo(64 * KIB);
        rate.fetched(64 * KIB, 1_000_000);
        assertThat(plan.next().length()).isEqualTo((int) MIB - 64 * KIB);
        assertThat(plan.next().length()).isEqualTo((int) MIB);
    }

    @Test
    void a_single_byte_costs_a_single_byte() {
        for (long at : new long[] {0, 1, 65535, MIB - 1, MIB, 5_000_000_000L}) {
            assertThat(plan(at, 1, 6_000_000_000L, BlockLimits.ANY, new RateMeter()))
                    .containsExactly(new Block(at, 1));
        }
    }

    @Test
    void alignment_is_met_at_both_ends_and_stops_at_the_file_end() {
        BlockLimits limits = new BlockLimits(512 * KIB, 4 * KIB);
        assertThat(plan(5000, 10, 1_000_000, limits, new RateMeter())).containsExactly(new Block(4096, 4096));
        assertThat(plan(9_999, 1, 10_000, limits, new RateMeter())).containsExactly(new Block(8192, 1808));
    }

    @Property
    void blocks_cover_the_range_in_order_once_and_nothing_else(
            @ForAll @LongRange(min = 0, max = 1L << 40) long first,
            @ForAll @LongRange(min = 1, max = 20 << 20) long length,
            @ForAll @IntRange(min = 0, max = 4) int halvings,
            @ForAll @IntRange(min = 0, max = 16) int alignmentBits,
            @ForAll @LongRange(min = 0, max = 200 << 20) long bytesPerSecond) {
        BlockLimits limits = new BlockLimits((int) MIB >> halvings, 1 << alignmentBits);
        RateMeter rate = new RateMeter();
        if (bytesPerSecond > 0) {
            rate.fetched((int) bytesPerSecond, 1_000_000_000L);
        }
        List<Block> blocks = plan(first, length, Long.MAX_VALUE - 1, limits, rate);
        long mask = (1L << alignmentBits) - 1;
        long next = first & ~mask;
        for (Block block : blocks) {
            assertThat(block.offset()).isEqualTo(next);
            assertThat(block.offset() & mask).isZero();
            assertThat(block.length()).isBetween(1, limits.maxBytes());
            assertThat(block.offset() / MIB).as("one MiB line").isEqualTo((block.end() - 1) / MIB);
            next = block.end();
        }
        assertThat(next).isBetween(first + length, first + length + mask);
    }
}
