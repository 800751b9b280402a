package dev.millrace.engine.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.LastingStoreContract;
import dev.millrace.engine.store.RevocationStore;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresStoreTest extends LastingStoreContract {
    private final PostgresServer server = PostgresServer.get();
    private final PostgresAddress address = server.schema();

    @Override
    protected Store open() {
        return PostgresStore.open(PostgresSettings.of(address));
    }

    private PostgresAddress through(CuttingProxy proxy) {
        return PostgresAddress.parse(
                "postgresql://millrace@127.0.0.1:" + proxy.port() + "/postgres?schema=" + address.schema());
    }

    /** One event to the context, by whatever store. */
    private static CompletableFuture<Long> append(Store store, String contextId, Durability durability, Runnable told) {
        return store.submit(contextId, durability, reader -> {
            Context before = reader.context(contextId);
            long next = before == null ? 1 : before.lastOffset() + 1;
            return write(
                    next,
                    context(contextId, OWNER, Context.Concurrency.PARALLEL, T0, next),
                    List.of(),
                    List.of(event(next, "t", Event.Kind.CHUNK, "x")),
                    told);
        });
    }

    private void assertContiguous(String contextId, int count) throws InterruptedException {
        assertThat(offsets(contextId))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, count).boxed().toList());
    }

    @Test
    void what_one_process_revokes_no_other_takes_for_good_and_what_is_over_is_forgotten() {
        Instant now = Instant.ofEpochSecond(1_800_000_000);
        try (Store other = open()) {
            RevocationStore here = Objects.requireNonNull(store.revocations());
            RevocationStore there = Objects.requireNonNull(other.revocations());
            here.revoke("short", now.plusSeconds(10), now);
            here.revoke("long", now.plusSeconds(1000), now);
            there.revoke("long", now.plusSeconds(1000), now);
            assertThat(there.isRevoked("short")).isTrue();
            assertThat(there.isRevoked("long")).isTrue();
            assertThat(there.isRevoked("another")).isFalse();
            there.revoke("another", now.plusSeconds(1000), now.plusSeconds(11));
            assertThat(here.isRevoked("another")).isTrue();
            assertThat(here.isRevoked("long")).isTrue();
            assertThat(here.isRevoked("short")).isFalse();
        }
    }

    @Test
    void processes_that_make_one_secret_at_once_agree_on_it() {
        try (Store other = open()) {
            String here = Objects.requireNonNull(store.secrets()).keep("link-key", () -> "a");
            assertThat(Objects.requireNonNull(other.secrets()).keep("link-key", () -> "b"))
                    .isEqualTo(here);
        }
    }

    @Test
    void two_stores_on_one_context_take_turns_and_write_everything_once() throws Exception {
        try (Store other = open()) {
            var results = Collections.synchronizedList(new ArrayList<Long>());
            var told = new AtomicInteger();
            var threads = new ArrayList<Thread>();
            for (Store each : List.of(store, other)) {
                threads.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < 150; i++) {
                        Durability durability = i % 10 == 0 ? Durability.FSYNCED : Durability.WRITTEN;
                        results.add(append(each, "c", durability, told::incrementAndGet)
                                .join());
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(results).hasSize(300).doesNotHaveDuplicates();
            assertThat(told).hasValue(300);
            assertContiguous("c", 300);
        }
    }

    @Test
    void who_writes_without_a_pause_does_not_shut_out_the_other() throws Exception {
        try (Store other = open()) {
            var stop = new AtomicBoolean();
            Thread busy = Thread.startVirtualThread(() -> {
                while (!stop.get()) {
                    append(store, "c", Durability.WRITTEN, () -> {}).join();
                }
            });
            for (int i = 0; i < 50; i++) {
                append(other, "c", Durability.FSYNCED, () -> {}).get(20, TimeUnit.SECONDS);
            }
            stop.set(true);
            busy.join();
            int all = offsets("c").size();
            assertThat(all).isGreaterThan(50);
            assertContiguous("c", all);
        }
    }

    @Test
    void offsets_that_a_restart_skipped_are_no_events_that_readers_are_told_of() throws Exception {
        append(store, "c", Durability.FSYNCED, () -> {}).get();
        append(store, "c", Durability.FSYNCED, () -> {}).get();
        server.execute("UPDATE " + address.schema() + ".contexts SET last_offset = last_offset + 1000000");
        assertThat(Objects.requireNonNull(store.replicas()).lastOffsets(List.of("c", "nobody's")))
                .containsExactly(Map.entry("c", 2L));
    }

    @Test
    void a_refusal_does_not_rest_on_what_another_store_has_changed_since() throws Exception {
        make("c", OWNER, Context.Concurrency.SERIAL, T0, TaskState.WORKING);
        try (Store other = open()) {
            ask(other, TaskState.WORKING); // it keeps a view of it
            store.submit(
                            "c",
                            Durability.FSYNCED,
                            reader -> new Write<>(
                                    true,
                                    null,
                                    List.of(reader.task("c-1").withState(TaskState.INPUT_REQUIRED, T0)),
                                    List.of(),
                                    List.of(),
                                    null,
                                    () -> {},
                                    () -> {}))
                    .get();
            ask(other, TaskState.INPUT_REQUIRED);
        }
    }

    /** Asks for the state of the task by a decision that throws, and by one that writes nothing. */
    private static void ask(Store store, TaskState expected) throws Exception {
        CompletableFuture<Boolean> thrown = store.submit("c", Durability.FSYNCED, reader -> {
            throw new IllegalStateException(reader.task("c-1").state().name());
        });
        assertThatThrownBy(thrown::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessage(expected.name());
        assertThat(store.submit(
                                "c",
                                Durability.WRITTEN,
                                reader -> Write.nothing(reader.task("c-1").state()))
                        .get())
                .isEqualTo(expected);
    }

    @Test
    void a_commit_whose_answer_was_lost_is_told_and_not_written_twice() throws Exception {
        try (var proxy = new CuttingProxy(server.databasePort());
                Store cut = PostgresStore.open(PostgresSettings.of(through(proxy)))) {
            for (int i = 1; i <= 5; i++) {
                append(cut, "c", Durability.FSYNCED, () -> {}).get(); // so that all is prepared
            }
            for (int round = 1; round <= 10; round++) {
                Durability durability = round % 2 == 0 ? Durability.FSYNCED : Durability.WRITTEN;
                String contextId = "lost-" + round;
                var told = new AtomicInteger();
                proxy.swallowTheAnswerTo(contextId);
                assertThat(append(cut, contextId, durability, told::incrementAndGet)
                                .get(20, TimeUnit.SECONDS))
                        .isEqualTo(1);
                proxy.awaitSwallowed();
                assertThat(told).hasValue(1);
                assertContiguous(contextId, 1);
            }
        }
    }

    /** In a greeting, a statement, its arguments, an answer: the seed says where. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void a_connection_that_is_cut_at_any_byte_loses_nothing_and_writes_nothing_twice(long seed) throws Exception {
        var random = new Random(seed);
        int count = 25;
        try (var proxy = new CuttingProxy(server.databasePort());
                Store cut = PostgresStore.open(PostgresSettings.of(through(proxy)))) {
            var told = new AtomicInteger();
            for (int i = 1; i <= count; i++) {
                proxy.cutAfter(random.nextInt(4_000));
                Durability durability = random.nextBoolean() ? Durability.FSYNCED : Durability.WRITTEN;
                assertThat(append(cut, "c", durability, told::incrementAndGet).get(60, TimeUnit.SECONDS))
                        .as("seed %d, write %d, after %d cuts", seed, i, proxy.cuts())
                        .isEqualTo(i);
            }
            assertThat(told).hasValue(count);
            assertThat(proxy.cuts()).as("cuts, seed %d", seed).isPositive();
        }
        assertContiguous("c", count);
    }

    @Test
    @Timeout(180)
    void sessions_that_are_ended_under_load_lose_nothing_and_write_nothing_twice() throws Exception {
        try (Store cut = PostgresStore.open(
                PostgresSettings.of(PostgresAddress.parse(server.url(address.schema()) + "&ApplicationName=cut")))) {
            var stop = new AtomicBoolean();
            var counts = new int[4];
            var told = new AtomicInteger();
            var writers = new ArrayList<Thread>();
            for (int w = 0; w < counts.length; w++) {
                int own = w;
                writers.add(Thread.ofVirtual().start(() -> {
                    for (; !stop.get(); counts[own]++) {
                        Durability durability = counts[own] % 3 == 0 ? Durability.FSYNCED : Durability.WRITTEN;
                        long offset = append(cut, "c" + own, durability, told::incrementAndGet)
                                .join();
                        assertThat(offset).isEqualTo(counts[own] + 1L);
                    }
                }));
            }
            for (int i = 0; i < 30; i++) {
                int before = told.get();
                server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'");
                org.awaitility.Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> told.get() > before + 3);
            }
            stop.set(true);
            int all = 0;
            for (int w = 0; w < counts.length; w++) {
                assertThat(writers.get(w).join(Duration.ofSeconds(60))).isTrue();
                assertContiguous("c" + w, counts[w]);
                all += counts[w];
            }
            assertThat(told).hasValue(all);
        }
    }

    @Test
    void without_a_server_a_write_fails_after_the_patience_and_goes_on_when_it_is_back() throws Exception {
        try (var proxy = new CuttingProxy(server.databasePort());
                Store cut =
                        PostgresStore.open(PostgresSettings.of(through(proxy)).withPatience(Duration.ofMillis(200)))) {
            append(cut, "c", Durability.FSYNCED, () -> {}).get();
            proxy.cut();
            for (Durability each : Durability.values()) {
                assertThatThrownBy(() -> append(cut, "c", each, () -> {}).get(20, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(StoreFailure.class)
                        .hasMessageContaining("PostgreSQL");
            }
            assertThatThrownBy(() -> cut.<Boolean>read("c", reader -> reader.context("c") == null))
                    .isInstanceOf(StoreFailure.class);
            proxy.mend();
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .until(() -> append(cut, "c", Durability.WRITTEN, () -> {}).get() >= 2);
            assertContiguous(
                    "c", cut.read("c", reader -> (int) reader.context("c").lastOffset()));
        }
    }

    @Test
    void a_write_that_the_server_refuses_harms_nobody_else() throws Exception {
        var futures = new ArrayList<CompletableFuture<Long>>();
        for (int i = 0; i < 40; i++) {
            futures.add(append("good-" + i % 7, Durability.FSYNCED, 1, () -> {}));
            if (i % 10 == 5) {
                futures.add(append("bad-\u0000-" + i, Durability.FSYNCED, 1, () -> {}));
            }
        }
        var failed = new HashSet<Integer>();
        for (int i = 0; i < futures.size(); i++) {
            try {
                futures.get(i).get(20, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(StoreFailure.class);
                failed.add(i);
            }
        }
        assertThat(failed).containsExactlyInAnyOrder(6, 17, 28, 39);
        for (int i = 0; i < 7; i++) {
            assertContiguous("good-" + i, i < 5 ? 6 : 5);
        }
    }

    @Test
    void a_view_that_is_not_kept_is_read_again() throws Exception {
        store.close();
        store = PostgresStore.open(PostgresSettings.of(address).withViews(1));
        for (int round = 0; round < 3; round++) {
            for (int c = 0; c < 5; c++) {
                append("c" + c, Durability.WRITTEN, 1, () -> {}).get();
            }
        }
        for (int c = 0; c < 5; c++) {
            assertContiguous("c" + c, 3);
        }
    }

    @Test
    void the_look_before_flyway_knows_the_newest_migration() {
        MigrationInfo[] all = Flyway.configure()
                .locations(Schema.MIGRATIONS)
                .dataSource("jdbc:sqlite::memory:", null, null)
                .load()
                .info()
                .all();
        assertThat(Schema.NEWEST).hasToString(String.valueOf(all[all.length - 1].getVersion()));
    }

    @Test
    void tables_of_a_newer_version_are_refused() throws Exception {
        server.execute("INSERT INTO " + address.schema() + ".flyway_schema_history (installed_rank, version,"
                + " description, type, script, installed_by, execution_time, success)"
                + " VALUES (999, '999', 'newer', 'SQL', 'V999__newer.sql', 'x', 1, true)");
        assertThatThrownBy(this::open).isInstanceOf(StoreFailure.class).hasMessageContaining("newer version");
    }

    @Test
    void a_server_that_is_not_there_is_named_without_the_password() {
        PostgresAddress nobody = PostgresAddress.parse("postgresql://me:geheim@127.0.0.1:1/there");
        assertThatThrownBy(() -> PostgresStore.open(PostgresSettings.of(nobody)))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("127.0.0.1:1/there")
                .hasMessageNotContaining("geheim");
    }

    @Test
    void several_that_open_an_empty_schema_at_once_all_succeed() throws Exception {
        PostgresAddress fresh = server.empty();
        var opened = new ArrayList<CompletableFuture<Store>>();
        for (int i = 0; i < 4; i++) {
            opened.add(CompletableFuture.supplyAsync(
                    () -> PostgresStore.open(PostgresSettings.of(fresh)), Thread::startVirtualThread));
        }
        for (CompletableFuture<Store> each : opened) {
            try (Store one = each.get(50, TimeUnit.SECONDS)) {
                append(one, "c", Durability.FSYNCED, () -> {}).get();
            }
        }
    }
}
