package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.server.store.UnreadableEvents;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ChatOutageTest {
    @TempDir
    Path folder;

    @Test
    void a_stream_whose_events_cannot_be_read_now_is_worth_another_try() throws Exception {
        ChatFixture.Sent sent;
        try (var chats = new ChatFixture(SqliteStore.open(folder))) {
            sent = chats.chat("say one");
            assertThat(chats.entries(sent, 0)).isNotEmpty();
        }
        try (var chats = new ChatFixture(new UnreadableEvents(SqliteStore.open(folder)))) {
            ChatFixture.Answer answer = chats.get("/chats/" + sent.chat() + "/stream?after=1");
            assertThat(answer.status()).as(answer.text()).isEqualTo(503);
            assertThat(answer.problem()).isEqualTo("unavailable");
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.header("Retry-After")).isNotEmpty();
        }
    }
}
