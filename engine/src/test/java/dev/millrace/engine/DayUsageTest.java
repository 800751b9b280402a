package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class DayUsageTest extends WithEngine {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T23:59:59.999Z"));

    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    @Test
    void what_tasks_took_is_told_by_the_day_on_which_they_last_changed() throws Exception {
        store = kind.open(folder);
        start(
                turn -> turn.used(Long.parseLong(turn.message().text()), 1, 7),
                EngineSettings.defaults().withClock(now::get));
        ended(chat("10"));
        ended(chat("20"));
        now.set(Instant.parse("2026-03-02T00:00:00Z"));
        ended(chat("5"));
        ended(engine.send(Send.chat("somebody else", null, Message.user("o", "1000"), null)));
        now.set(Instant.parse("2026-03-05T12:00:00Z"));
        ended(chat("1"));

        assertThat(engine.chats().usageByDay(ME, LocalDate.parse("2026-03-01")))
                .extracting(day -> day.day() + " " + day.usage().inputTokens() + " "
                        + day.usage().outputTokens() + " " + day.usage().costMicros())
                .containsExactly("2026-03-01 30 2 14", "2026-03-02 5 1 7", "2026-03-05 1 1 7");
        assertThat(engine.chats().usageByDay(ME, LocalDate.parse("2026-03-02"))).hasSize(2);
        assertThat(engine.chats().usageByDay("nobody", LocalDate.EPOCH)).isEmpty();
    }

    @Test
    void what_deleted_chats_took_stays_on_the_bill() throws Exception {
        store = kind.open(folder);
        start(
                turn -> turn.used(Long.parseLong(turn.message().text()), 1, 7),
                EngineSettings.defaults().withClock(now::get));
        var first = ended(chat("10"));
        now.set(Instant.parse("2026-03-02T00:00:00Z"));
        var second = ended(chat("20"));
        ended(chat("5"));
        var days = engine.chats().usageByDay(ME, LocalDate.EPOCH);
        var all = engine.chats().usage(ME);

        engine.chats().delete(ME, first.contextId());
        engine.chats().delete(ME, second.contextId());

        assertThat(engine.chats().usageByDay(ME, LocalDate.EPOCH))
                .isEqualTo(days)
                .hasSize(2);
        assertThat(engine.chats().usageByDay(ME, LocalDate.parse("2026-03-02"))).isEqualTo(days.subList(1, 2));
        assertThat(engine.chats().usage(ME)).isEqualTo(all);
        assertThat(all.inputTokens()).isEqualTo(35);
        assertThat(engine.chats().usage("somebody else")).isEqualTo(Usage.NONE);
    }
}
