package dev.millrace.engine.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.LastingStoreContract;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.TaskState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest extends LastingStoreContract {
    @TempDir
    Path folder;

    @Override
    protected Store open() {
        return SqliteStore.open(FreshFolder.in(folder));
    }

    private void reopen() {
        store.close();
        store = open();
    }

    /** Holds the writer until the latch opens, so that what is submitted meanwhile is one group. */
    private CompletableFuture<Boolean> holdTheWriter(CountDownLatch until) throws InterruptedException {
        var held = new CountDownLatch(1);
        CompletableFuture<Boolean> holding = store.submit("holder", Durability.WRITTEN, reader -> {
            held.countDown();
            try {
                until.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Write.nothing(true);
        });
        held.await();
        return holding;
    }

    @Test
    void a_chunk_does_not_wait_for_the_fsync_of_another_contexts_message() throws Exception {
        var go = new CountDownLatch(1);
        var told = Collections.synchronizedList(new ArrayList<String>());
        holdTheWriter(go);
        var message = append("a", Durability.FSYNCED, 1, () -> told.add("message of a"));
        var chunk = append("b", Durability.WRITTEN, 1, () -> told.add("chunk of b"));
        var behind = append("a", Durability.WRITTEN, 1, () -> told.add("chunk of a"));
        go.countDown();
        CompletableFuture.allOf(message, chunk, behind).get();
        assertThat(told).containsExactly("chunk of b", "message of a", "chunk of a");
    }

    @Test
    void chunks_are_all_written_by_the_thread_that_wrote_the_first() throws Exception {
        var writers = new HashSet<Thread>();
        for (int i = 0; i < 500; i++) {
            store.submit("c", Durability.WRITTEN, reader -> Write.nothing(writers.add(Thread.currentThread())))
                    .get();
        }
        assertThat(writers).as("nobody else is woken").hasSize(1);
    }

    @Test
    void one_bad_write_in_a_group_harms_none_of_the_others() throws Exception {
        append("bad", Durability.FSYNCED, 1, () -> {}).get();
        var go = new CountDownLatch(1);
        long before = store.<Long>read(null, r -> r.revision(OWNER));
        var aborted = new AtomicInteger();
        var committed = new AtomicInteger();
        holdTheWriter(go);
        var good = new ArrayList<CompletableFuture<Long>>();
        for (int i = 0; i < 5; i++) {
            good.add(append("good", Durability.FSYNCED, 1, committed::incrementAndGet));
        }
        CompletableFuture<Boolean> bad = store.submit(
                "bad",
                Durability.FSYNCED,
                reader -> new Write<>(
                        true,
                        context("bad", OWNER, Context.Concurrency.PARALLEL, T0, 99),
                        List.of(),
                        List.of(event(1, "t", Event.Kind.CHUNK, "an offset that is taken")),
                        List.of(),
                        null,
                        committed::incrementAndGet,
                        aborted::incrementAndGet));
        for (int i = 0; i < 5; i++) {
            good.add(append("good", Durability.FSYNCED, 1, committed::incrementAndGet));
        }
        go.countDown();
        assertThatThrownBy(bad::get).hasCauseInstanceOf(StoreFailure.class);
        for (int i = 0; i < good.size(); i++) {
            assertThat(good.get(i).get()).isEqualTo(i + 1L);
        }
        assertThat(committed).hasValue(10);
        assertThat(aborted.get()).isPositive();
        assertThat(offsets("good")).hasSize(10);
        assertThat(offsets("bad")).containsExactly(1L);
        assertThat(store.<Long>read("bad", r -> r.context("bad").lastOffset())).isEqualTo(1);
        assertThat(store.<Long>read(null, r -> r.revision(OWNER)))
                .as("what was undone took no number")
                .isEqualTo(before + 10);
    }

    @Test
    void what_the_writer_need_not_read_again_is_what_the_tables_say() throws Exception {
        Instant between = T0.plusNanos(123_456_789);
        Context made = context("c", OWNER, Context.Concurrency.PARALLEL, between, 1)
                .withTitle("x")
                .withHeld(true)
                .with(Context.Shelf.NEW.withPin(3).withLabels(Map.of("b", "1", "a", "\"")), Context.Change.SHELF);
        TaskRecord asks = task("t", "c", OWNER, TaskState.INPUT_REQUIRED, between, 1)
                .dueAt(between.plusSeconds(1))
                .using(new Usage(1, 2, 3, 4, 5, 6));
        store.submit(
                        "c",
                        Durability.FSYNCED,
                        reader -> write(
                                true, made, List.of(asks), List.of(event(1, "t", Event.Kind.TASK, "{}")), () -> {}))
                .get();
        assertRemembered("c", "t");
        append("c", Durability.WRITTEN, 1, () -> {}).get();
        advance("c", 3);
        advance("c", 4);
        assertRemembered("c", "t");
        assertThat(store.<Long>read("c", r -> r.context("c").lastOffset())).isEqualTo(4);

        store.submit(
                        "c",
                        Durability.FSYNCED,
                        reader -> new Write<>(
                                true, null, List.of(), List.of(), List.of(), null, true, () -> {}, () -> {}, () -> {}))
                .get();
        assertThat(this.<Object>written("c", reader -> reader.context("c") == null && reader.task("t") == null))
                .isEqualTo(true);
    }

    /** As a chunk does: nothing but the offset is new. */
    private void advance(String contextId, long offset) throws Exception {
        store.submit(
                        contextId,
                        Durability.WRITTEN,
                        reader -> write(
                                true,
                                reader.context(contextId).at(offset),
                                List.of(),
                                List.of(event(offset, "t", Event.Kind.CHUNK, "x")),
                                () -> {}))
                .get();
    }

    private void assertRemembered(String contextId, String taskId) throws Exception {
        Function<Reader, List<Object>> rows = r -> List.of(r.context(contextId), r.task(taskId));
        assertThat(written(contextId, rows)).isEqualTo(store.read(contextId, rows));
    }

    /** What the writer's own reader says. */
    private <R> R written(String contextId, Function<Reader, R> query) throws Exception {
        return store.submit(contextId, Durability.WRITTEN, reader -> Write.nothing(query.apply(reader)))
                .get();
    }

    @Test
    void a_refusal_is_told_after_the_commit_of_what_it_rests_on() throws Exception {
        append("c", Durability.FSYNCED, 1, () -> {}).get();
        var go = new CountDownLatch(1);
        holdTheWriter(go);
        var first = new AtomicInteger();
        CompletableFuture<Boolean> ends = store.submit(
                "c",
                Durability.FSYNCED,
                reader -> write(
                        true,
                        context("c", OWNER, Context.Concurrency.PARALLEL, T0, 2),
                        List.of(),
                        List.of(event(2, "t", Event.Kind.CHUNK, "x")),
                        () -> {}));
        CompletableFuture<Boolean> refused = store.submit("c", Durability.FSYNCED, reader -> {
            if (reader.context("c").lastOffset() == 2) {
                throw new IllegalStateException("it is 2 already");
            }
            return Write.nothing(true);
        });
        // A third member that is undone the first time takes the whole group with it.
        CompletableFuture<Boolean> late = store.submit("d", Durability.FSYNCED, reader -> {
            if (first.getAndIncrement() == 0) {
                assertThat(refused)
                        .as("nothing is told of a group that is not committed")
                        .isNotDone();
                throw new StoreFailure("for a moment");
            }
            return Write.nothing(true);
        });
        go.countDown();
        assertThat(late.get()).isTrue();
        assertThat(ends.get()).isTrue();
        assertThatThrownBy(refused::get).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void everything_is_there_again_after_a_restart() throws Exception {
        make("c", OWNER, Context.Concurrency.SERIAL, T0, TaskState.COMPLETED, TaskState.WORKING, TaskState.SUBMITTED);
        append("d", Durability.WRITTEN, 5, () -> {}).get();
        var before = store.read("c", r -> List.of(r.context("c"), r.tasks("c")));
        reopen();
        assertThat(store.<Object>read("c", r -> List.of(r.context("c"), r.tasks("c"))))
                .isEqualTo(before);
        assertThat(offsets("d")).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void leases_of_others_and_unmerged_tasks_are_found() throws Exception {
        make("c", OWNER, Context.Concurrency.PARALLEL, T0, TaskState.WORKING, TaskState.COMPLETED, TaskState.FAILED);
        assertThat(store.<List<String>>read(
                        null,
                        r -> r.leasedByOthers("me-now").stream()
                                .map(t -> t.id())
                                .toList()))
                .containsExactly("c-1");
        assertThat(store.<Integer>read(null, r -> r.leasedByOthers("w").size())).isZero();
        assertThat(store.<List<String>>read(
                        null, r -> r.unmerged(10).stream().map(t -> t.id()).toList()))
                .containsExactlyInAnyOrder("c-2", "c-3");
        assertThat(store.<Integer>read(null, r -> r.unmerged(1).size())).isEqualTo(1);
    }

    @Test
    void a_full_disk_refuses_what_it_can_not_keep_loses_nothing_and_goes_on_when_there_is_room() throws Exception {
        append("c", Durability.FSYNCED, 3, () -> {}).get();
        FullDisk.fill(store);
        long kept = 3;
        boolean full = false;
        for (int i = 0; i < 2_000 && !full; i++) {
            try {
                kept = append("c", i % 2 == 0 ? Durability.FSYNCED : Durability.WRITTEN, 50, () -> {})
                        .get();
            } catch (java.util.concurrent.ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(StoreFailure.class).hasMessageContaining("full");
                full = true;
            }
        }
        assertThat(full).isTrue();
        assertThat(offsets("c")).as("every acknowledged event").hasSize((int) kept);
        FullDisk.makeRoom(store);
        assertThat(append("c", Durability.FSYNCED, 1, () -> {}).get()).isEqualTo(kept + 1);
        reopen();
        assertThat(offsets("c")).hasSize((int) kept + 1);
    }

    @Test
    void a_folder_in_use_is_refused_by_name_also_twice_and_by_another_process() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> SqliteStore.open(folder))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("in use");
        }
        // The refusals must not have freed the lock: on POSIX, closing any descriptor of a file frees its locks.
        assertThat(openInAnotherProcess()).contains("in use").contains(folder.toString());
        store.close();
        assertThat(openInAnotherProcess()).isEqualTo("opened");
        store = open();
    }

    private String openInAnotherProcess() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(other.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return said.strip();
    }

    /** Another server. */
    static final class Opener {
        public static void main(String[] args) {
            try {
                SqliteStore.open(Path.of(args[0])).close();
                System.out.println("opened");
            } catch (StoreFailure e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void the_look_before_flyway_knows_the_newest_migration() {
        MigrationInfo[] all = Flyway.configure()
                .locations(SqliteStore.MIGRATIONS)
                .dataSource("jdbc:sqlite::memory:", null, null)
                .load()
                .info()
                .all();
        assertThat(SqliteStore.NEWEST).hasToString(String.valueOf(all[all.length - 1].getVersion()));
    }

    @Test
    void data_of_a_newer_version_is_refused_and_left_alone() throws Exception {
        append("c", Durability.FSYNCED, 1, () -> {}).get();
        store.close();
        String url = "jdbc:sqlite:" + folder.resolve("millrace.db");
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,"
                    + " checksum, installed_by, execution_time, success) VALUES (99, '99', 'later', 'SQL',"
                    + " 'V99__later.sql', 1, '', 1, 1)");
        }
        assertThatThrownBy(() -> SqliteStore.open(folder))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("newer version")
                .hasMessageContaining("99")
                .hasMessageContaining(folder.toString());
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement()) {
            statement.execute("DELETE FROM flyway_schema_history WHERE version = '99'");
        }
        store = open();
        assertThat(offsets("c")).containsExactly(1L);
    }

    @Test
    void a_file_that_is_no_database_is_refused_and_the_folder_is_free_again() throws Exception {
        store.close();
        Path other = folder.resolve("other");
        Files.createDirectories(other);
        Files.writeString(other.resolve("millrace.db"), "this is no database, it is a letter to a friend".repeat(100));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> SqliteStore.open(other))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining(other.toString())
                    .hasMessageContaining("can't be opened");
        }
    }
}
