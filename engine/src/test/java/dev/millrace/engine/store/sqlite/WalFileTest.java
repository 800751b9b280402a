package dev.millrace.engine.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalFileTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path folder;

    @TempDir
    Path copy;

    private static String id(int number) {
        return "context-" + number;
    }

    private static void write(Store store, int number, String text) throws Exception {
        var context = new Context(id(number), "me", "echo", null, Context.Concurrency.SERIAL, T0, T0, 1);
        var event = new Event(null, Event.Kind.CHUNK, null, text.getBytes(StandardCharsets.UTF_8));
        store.submit(
                        context.id(),
                        Durability.FSYNCED,
                        reader -> new Write<>(
                                true,
                                context,
                                List.of(),
                                List.of(new Journal.Entry<>(1, event)),
                                List.of(),
                                null,
                                () -> {},
                                () -> {}))
                .get();
    }

    private long length() throws IOException {
        return Files.size(folder.resolve("millrace.db-wal"));
    }

    /** Each time that the writer comes to rest, it makes a step's room. */
    private int writeUntilThereIsRoom(Store store) throws Exception {
        int written = 0;
        while (length() < WalFile.USUAL) {
            long before = length();
            write(store, written++, "before");
            await().atMost(Duration.ofSeconds(30)).until(() -> length() > before);
        }
        return written;
    }

    @Test
    void commits_overwrite_the_room_and_do_not_make_the_file_longer() throws Exception {
        try (Store store = SqliteStore.open(folder)) {
            int written = writeUntilThereIsRoom(store);
            long room = length();
            for (int i = 0; i < 50; i++) {
                write(store, written++, "behind");
            }
            assertThat(length()).isEqualTo(room);
        }
    }

    @Test
    void a_crash_with_room_behind_the_last_frame_takes_nothing() throws Exception {
        int written;
        try (Store store = SqliteStore.open(folder)) {
            written = writeUntilThereIsRoom(store);
            write(store, written++, "the last");
            for (String name : List.of("millrace.db", "millrace.db-wal")) { // as a crash leaves them
                Files.copy(folder.resolve(name), copy.resolve(name));
            }
        }
        assertThat(Files.size(copy.resolve("millrace.db-wal"))).isGreaterThanOrEqualTo(WalFile.USUAL);
        try (Store store = SqliteStore.open(copy)) {
            int last = written - 1;
            for (int i = 0; i <= last; i++) {
                String contextId = id(i);
                assertThat(store.<List<Journal.Entry<Event>>>read(contextId, reader -> reader.events(contextId, 0, 10)))
                        .as("%s of %s", contextId, last)
                        .hasSize(1);
            }
            write(store, written, "and it goes on");
            assertThat(store.<List<Journal.Entry<Event>>>read(null, reader -> reader.events(id(last + 1), 0, 10)))
                    .hasSize(1);
        }
    }

    @Test
    void frames_longer_than_the_room_are_kept_and_new_room_is_made_behind_them() throws Exception {
        String long1 = "x".repeat((int) WalFile.USUAL + 5_000_000);
        try (Store store = SqliteStore.open(folder)) {
            write(store, 0, long1);
            await().atMost(Duration.ofSeconds(30)).until(() -> length() >= long1.length() + WalFile.STEP);
            write(store, 1, "short");
            write(store, 2, "short, too");
            assertThat(store.<List<Journal.Entry<Event>>>read(null, reader -> reader.events(id(0), 0, 1)))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.event().json()).hasSize(long1.length()));
        }
    }
}
