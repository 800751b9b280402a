package dev.millrace.engine.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.Message;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PostgresReadersTest {
    @Test
    void a_read_that_meets_the_close_is_answered_or_refused_and_never_left_hanging() throws Exception {
        PostgresServer server = PostgresServer.get();
        PostgresAddress address = server.schema();
        PostgresStore.open(PostgresSettings.of(address)).close();
        var connections = new Connections(PostgresSettings.of(address));
        for (int round = 0; round < 40; round++) {
            var readers = new PostgresReaders(connections, 3);
            readers.start();
            var futures = Collections.synchronizedList(new ArrayList<CompletableFuture<Boolean>>());
            var reading = new CountDownLatch(3);
            var threads = new ArrayList<Thread>();
            for (int t = 0; t < 6; t++) {
                threads.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < 60; i++) {
                        futures.add(readers.submit(reader -> reader.context("c") == null));
                        if (i == 5) {
                            reading.countDown();
                        }
                    }
                }));
            }
            reading.await();
            readers.close();
            for (Thread thread : threads) {
                thread.join();
            }
            for (CompletableFuture<Boolean> each : futures) {
                each.exceptionally(e -> {
                            assertThat(e).isInstanceOf(StoreFailure.class);
                            return true;
                        })
                        .get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void a_question_whose_connection_is_ended_again_and_again_is_asked_again() throws Exception {
        PostgresServer server = PostgresServer.get();
        PostgresAddress address = server.schema("&ApplicationName=ended");
        PostgresStore.open(PostgresSettings.of(address)).close();
        var asked = new AtomicInteger();
        try (var readers = new PostgresReaders(new Connections(PostgresSettings.of(address)), 1)) {
            readers.start();
            Boolean none = readers.submit(reader -> {
                        if (asked.incrementAndGet() <= 3) {
                            endAll(server, "ended");
                        }
                        return reader.context("c") == null;
                    })
                    .get();
            assertThat(none).isTrue();
            assertThat(asked).hasValue(4);
            assertThatThrownBy(() -> readers.submit(reader -> {
                                endAll(server, "ended");
                                return reader.context("c") == null;
                            })
                            .get())
                    .hasCauseInstanceOf(StoreFailure.class);
            assertThat(readers.submit(reader -> reader.context("c") == null).get())
                    .isTrue();
        }
    }

    @Test
    void who_reads_first_after_a_start_of_the_database_finds_no_end_before_what_was_seen() throws Exception {
        PostgresServer server = PostgresServer.get();
        PostgresAddress address = server.schema();
        var never = new CountDownLatch(1);
        Sent sent;
        try (var engine = new Engine(
                PostgresStore.open(PostgresSettings.of(address)),
                AgentCatalog.of("waits", turn -> never.await()),
                EngineSettings.defaults())) {
            engine.start();
            sent = engine.send(Send.chat("me", null, Message.user("m", "hello"), null));
        }
        server.execute("UPDATE " + address.schema() + ".restarts SET started_at = 'epoch'");
        try (var readers = new PostgresReaders(new Connections(PostgresSettings.of(address)), 1)) {
            readers.start();
            Long last = readers.submit(reader -> Objects.requireNonNull(reader.context(sent.contextId()))
                            .lastOffset())
                    .get();
            assertThat(last).isGreaterThan(1_000_000);
        }
    }

    private static void endAll(PostgresServer server, String application) {
        try {
            server.execute("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = '"
                    + application + "'");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
