package dev.millrace.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a store must do besides that outlives the process which writes to it. */
public abstract class LastingStoreContract extends StoreContract {
    @Test
    void what_a_holder_did_not_renew_is_claimed_by_another_which_alone_moves_it_then() {
        var minute = Duration.ofMinutes(1);
        pushes().put(subscription("t", "a"), "dead", Duration.ofMinutes(-1));
        pushes().put(subscription("t", "b"), "alive", minute);
        assertThat(pushes().claim("heir", minute, 10))
                .extracting(PushStore.Subscription::id)
                .containsExactly("a");
        assertThat(pushes().claim("late", minute, 10)).isEmpty();
        assertThat(pushes().move(subscription("t", "a").told(2, false), "dead")).isFalse();
        assertThat(pushes().move(subscription("t", "a").told(2, false), "heir")).isTrue();
        pushes().release("heir");
        assertThat(pushes().claim("next", minute, 10))
                .extracting(PushStore.Subscription::delivered)
                .containsExactly(2L);
        assertThat(pushes().move(subscription("t", "a").told(3, true), "next")).isTrue();
        pushes().release("next");
        assertThat(pushes().claim("none", minute, 10)).isEmpty();
    }
}
