package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    private final BufferPool pool = new BufferPool(1 << 20);

    @Test
    void a_buffer_that_was_given_back_is_lent_again() throws Exception {
        BufferPool.Loan loan = pool.take(100);
        var buffer = loan.buffer();
        assertThat(buffer.limit()).isEqualTo(100);
        loan.giveBack();
        assertThat(pool.take(65_536).buffer()).isSameAs(buffer);
    }

    @Test
    void a_buffer_is_given_back_once_and_is_not_seen_again_by_who_had_it() throws Exception {
        BufferPool.Loan loan = pool.take(1);
        loan.giveBack();
        assertThatThrownBy(loan::buffer).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(loan::giveBack).isInstanceOf(IllegalStateException.class);
        assertThat(pool.lentBytes()).isZero();
    }

    @Test
    void each_size_fits() throws Exception {
        for (int size : new int[] {1, 65_535, 65_536, 65_537, 131_072, 131_073, 600_000, 1 << 20}) {
            BufferPool.Loan loan = pool.take(size);
            assertThat(loan.buffer().remaining()).isEqualTo(size);
            assertThat(loan.buffer().capacity()).isLessThan(Math.max(65_537, 2 * size));
            loan.giveBack();
        }
        assertThatThrownBy(() -> pool.take((1 << 20) + 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void more_than_may_be_kept_is_let_go() throws Exception {
        BufferPool.Loan first = pool.take(1 << 20);
        BufferPool.Loan second = pool.take(1 << 20);
        var kept = first.buffer();
        var dropped = second.buffer();
        first.giveBack();
        second.giveBack();
        assertThat(pool.take(1 << 20).buffer()).isSameAs(kept);
        assertThat(pool.take(1 << 20).buffer()).isNotSameAs(dropped);
    }

    @Test
    void what_is_more_than_may_be_kept_is_freed_at_once() throws Exception {
        BufferPool none = new BufferPool(0);
        BufferPool.Loan loan = none.take(1 << 20);
        MemorySegment memory = MemorySegment.ofBuffer(loan.buffer());
        assertThat(memory.scope().isAlive()).isTrue();
        loan.giveBack();
        assertThat(memory.scope().isAlive()).isFalse();
    }
}
