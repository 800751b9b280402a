package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class UnitTest {
    private static final CacheKey KEY = new CacheKey("0".repeat(32), 3, false);

    private final BufferPool pool = new BufferPool(CacheKey.UNIT);
    private final byte[] bytes = Bytes.random(CacheKey.UNIT, 5);

    private static byte[] of(ByteBuffer buffer) {
        byte[] all = new byte[buffer.remaining()];
        buffer.duplicate().get(all);
        return all;
    }

    @Test
    void its_buffer_is_free_when_the_last_owner_has_gone() throws Exception {
        Unit unit = new Unit(pool, ByteBuffer.wrap(bytes));
        unit.share(2);
        unit.drop();
        unit.drop();
        assertThat(of(unit.content())).isEqualTo(bytes);
        assertThat(pool.lentBytes()).isEqualTo(CacheKey.UNIT);
        unit.drop();
        assertThat(pool.lentBytes()).isZero();
    }

    @Test
    void a_short_one_takes_no_more_room_than_it_has_bytes() throws Exception {
        Unit unit = new Unit(pool, ByteBuffer.wrap(bytes, 0, 100));
        assertThat(unit.bytes()).isEqualTo(100);
        assertThat(pool.lentBytes()).isZero();
        assertThat(of(unit.content())).isEqualTo(Arrays.copyOf(bytes, 100));
    }

    @Test
    void a_cache_gives_back_what_has_to_go_and_keeps_as_much_as_it_may() throws Exception {
        try (BlockCache cache = BlockCache.inMemory(4L * CacheKey.UNIT)) {
            for (int i = 0; i < 40; i++) {
                cache.put(new CacheKey("0".repeat(32), i, false), ByteBuffer.wrap(bytes), new BlockCache.Flight(this));
            }
            assertThat(cache.statistics().memoryBytes()).isEqualTo(4L * CacheKey.UNIT);
            assertThat(cache.lentBytes()).isEqualTo(4L * CacheKey.UNIT);
        }
    }

    @Test
    void who_waits_for_a_unit_gets_it_also_from_a_cache_that_has_no_room_for_it() throws Exception {
        try (BlockCache cache = BlockCache.inMemory(0);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            BlockCache.Flight flight = new BlockCache.Flight(this);
            Future<byte[]> waits = threads.submit(() -> {
                ByteBuffer into = ByteBuffer.allocate(CacheKey.UNIT);
                return flight.await(into) ? into.array() : new byte[0];
            });
            while (!flight.isAwaited()) {
                Thread.onSpinWait();
            }
            cache.put(KEY, ByteBuffer.wrap(bytes), flight);
            assertThat(waits.get()).isEqualTo(bytes);
            assertThat(cache.lentBytes()).isZero();
        }
    }

    @Test
    void who_is_interrupted_while_it_waits_leaves_no_buffer_behind() throws Exception {
        try (BlockCache cache = BlockCache.inMemory(0);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            BlockCache.Flight flight = new BlockCache.Flight(this);
            Future<Boolean> waits = threads.submit(() -> flight.await(ByteBuffer.allocate(CacheKey.UNIT)));
            while (!flight.isAwaited()) {
                Thread.onSpinWait();
            }
            threads.shutdownNow();
            assertThat(waits).failsWithin(Duration.ofSeconds(30));
            cache.put(KEY, ByteBuffer.wrap(bytes), flight);
            assertThat(cache.lentBytes()).isZero();
        }
    }
}
