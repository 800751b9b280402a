package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    private final ByteBudget budget = new ByteBudget(8 * MIB + 4 * 64 * KIB, 4);

    private static List<ByteBudget.Reservation> fill(ByteBudget.Share share) {
        List<ByteBudget.Reservation> all = new ArrayList<>();
        for (ByteBudget.Reservation room; (room = share.reserve(MIB)) != null; ) {
            all.add(room);
        }
        return all;
    }

    private static long bytes(List<ByteBudget.Reservation> rooms) {
        return rooms.stream().mapToLong(ByteBudget.Reservation::bytes).sum();
    }

    @Test
    void a_lone_stream_gets_half_and_leaves_room_for_the_next() throws Exception {
        assertThat(bytes(fill(budget.open(() -> {})))).isEqualTo(4 * MIB + 64 * KIB);
        assertThat(bytes(fill(budget.open(() -> {})))).isEqualTo(2 * MIB + 64 * KIB);
    }

    @Test
    void each_stream_gets_a_block_whatever_the_others_hold() throws Exception {
        for (int i = 0; i < 4; i++) {
            assertThat(fill(budget.open(() -> {}))).isNotEmpty();
        }
        assertThatThrownBy(() -> budget.open(() -> {})).isInstanceOf(SourceException.Unavailable.class);
    }

    @Test
    void a_stream_that_is_over_makes_room_for_another_once_its_bytes_are_back() throws Exception {
        ByteBudget.Share first = budget.open(() -> {});
        ByteBudget.Reservation room = first.reserve(1);
        assertThat(room.bytes()).isEqualTo(64 * KIB);
        first.close();
        assertThat(budget.openStreams()).isEqualTo(1);
        room.release();
        assertThat(budget.openStreams()).isZero();
        assertThatThrownBy(room::release).isInstanceOf(IllegalStateException.class);
        assertThat(budget.held()).isZero();
    }

    @Test
    void who_was_refused_is_woken_in_turn_when_bytes_come_back() throws Exception {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        ByteBudget.Share holder = budget.open(() -> {});
        List<ByteBudget.Reservation> held = fill(holder);
        fill(budget.open(first::incrementAndGet));
        fill(budget.open(second::incrementAndGet));
        // The holder itself was refused first.
        held.get(0).release();
        assertThat(first.get() + second.get()).isZero();
        held.get(1).release();
        assertThat(first).hasValue(1);
        held.get(2).release();
        assertThat(second).hasValue(1);
    }

    @Test
    void a_closed_share_is_not_woken() throws Exception {
        AtomicInteger woken = new AtomicInteger();
        ByteBudget.Share share = budget.open(woken::incrementAndGet);
        List<ByteBudget.Reservation> held = fill(share);
        share.close();
        held.forEach(ByteBudget.Reservation::release);
        assertThat(woken).hasValue(0);
    }

    @Property(tries = 200)
    void never_more_than_the_total_is_held_and_all_of_it_comes_back(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        ByteBudget small = new ByteBudget(3 * MIB, 8);
        List<ByteBudget.Share> shares = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            shares.add(small.open(() -> {}));
        }
        List<ByteBudget.Reservation> held = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            if (random.nextBoolean() || held.isEmpty()) {
                ByteBudget.Reservation room = shares.get(random.nextInt(8)).reserve(1 + random.nextInt(MIB));
                if (room != null) {
                    held.add(room);
                }
            } else {
                held.remove(random.nextInt(held.size())).release();
            }
            assertThat(small.held()).isEqualTo(bytes(held)).isLessThanOrEqualTo(3 * MIB);
        }
        held.forEach(ByteBudget.Reservation::release);
        shares.forEach(ByteBudget.Share::close);
        assertThat(small.held()).isZero();
        assertThat(small.openStreams()).isZero();
    }
}
