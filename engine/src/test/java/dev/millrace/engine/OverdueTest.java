package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What came due while no server ran, on the stores that outlive a server. */
@Timeout(60)
class OverdueTest extends WithEngine {
    @TempDir
    Path folder;

    @Test
    void what_came_due_in_a_folder_fails_at_the_next_start() throws Exception {
        failsAtTheNextStart(() -> SqliteStore.open(FreshFolder.in(folder)));
    }

    @Test
    void what_came_due_in_a_database_fails_at_the_next_start() throws Exception {
        PostgresSettings settings = PostgresSettings.of(PostgresServer.get().schema());
        failsAtTheNextStart(() -> PostgresStore.open(settings));
    }

    private void failsAtTheNextStart(Supplier<Store> kept) throws Exception {
        store = kept.get();
        start(new Acting(), EngineSettings.defaults().withAnswerWithin(Duration.ofHours(1)));
        Sent asked = chat("ask which?");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        engine.close();

        store = kept.get();
        InstantSource later = InstantSource.offset(InstantSource.system(), Duration.ofHours(2));
        start(new Acting(), EngineSettings.defaults().withClock(later));
        readUntil(asked, 0, TaskState.FAILED);
        assertThat(reason(task(asked))).contains("nobody answered in time");
    }
}
