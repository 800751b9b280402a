package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.postgres.PostgresAddress;
import dev.millrace.engine.store.postgres.PostgresServer;
import dev.millrace.engine.store.postgres.PostgresSettings;
import dev.millrace.engine.store.postgres.PostgresStore;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Figures of one machine, no promise: run with {@code -Dtest=PostgresFigures -Dfigures=true}. */
@EnabledIfSystemProperty(named = "figures", matches = "true")
class PostgresFigures {
    private static final int ROUNDS = 2_000;

    private final String url = PostgresServer.get().url(PostgresServer.get().newSchema());

    private Engine open(Agent agent) throws InterruptedException {
        var store = PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(url)));
        var engine = new Engine(store, AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
        return engine;
    }

    private static void print(String what, List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(each -> each).sorted().toArray();
        System.out.printf(
                "%s: p50 %.3f ms, p99 %.3f ms of %d%n",
                what, sorted[sorted.length / 2] / 1e6, sorted[sorted.length * 99 / 100] / 1e6, sorted.length);
    }

    @Test
    void send_to_agent_start() throws Exception {
        var started = new AtomicLong();
        var done = new CountDownLatch[1];
        try (Engine engine = open(turn -> {
            started.set(System.nanoTime());
            done[0].countDown();
        })) {
            var start = new ArrayList<Long>();
            var answered = new ArrayList<Long>();
            for (int i = 0; i < ROUNDS; i++) {
                done[0] = new CountDownLatch(1);
                long asked = System.nanoTime();
                engine.send(Send.chat("me", null, Message.user("m" + i, "hi"), null));
                long told = System.nanoTime();
                done[0].await();
                if (i >= ROUNDS / 2) {
                    start.add(started.get() - asked);
                    answered.add(told - asked);
                }
            }
            print("send to agent start, fsync", start);
            print("send to answer, fsync", answered);
        }
    }

    @Test
    void a_burst_of_1500() throws Exception {
        var all = new CountDownLatch(1_800);
        try (Engine engine = open(turn -> all.countDown())) {
            for (int i = 0; i < 300; i++) {
                engine.send(Send.chat("me", null, Message.user("w" + i, "hi"), null));
            }
            var burst = new CountDownLatch(1_500);
            long asked = System.nanoTime();
            for (int i = 0; i < 1_500; i++) {
                int n = i;
                Thread.startVirtualThread(() -> {
                    engine.send(Send.chat("me", null, Message.user("m" + n, "hi"), null));
                    burst.countDown();
                });
            }
            burst.await();
            all.await();
            System.out.printf("a burst of 1,500 sends: all started after %.0f ms%n", (System.nanoTime() - asked) / 1e6);
        }
    }

    @Test
    void a_chunk_to_readers_here_and_there() throws Exception {
        var said = new long[ROUNDS + 10];
        var read = new CountDownLatch[ROUNDS];
        Arrays.setAll(read, i -> new CountDownLatch(2));
        try (Engine a = open(turn -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        said[i] = System.nanoTime();
                        turn.say("x");
                        read[i].await();
                    }
                });
                Engine b = open(turn -> {})) {
            String contextId = a.newId();
            var here = new ArrayList<Long>();
            var there = new ArrayList<Long>();
            Thread one = reader(a, contextId, said, read, here);
            Thread two = reader(b, contextId, said, read, there);
            a.send(Send.task("me", null, Message.user("m", "hi").in(contextId, null)));
            one.join();
            two.join();
            print("a chunk to a reader here", here.subList(ROUNDS / 2, ROUNDS));
            print("a chunk to a reader on another replica", there.subList(ROUNDS / 2, ROUNDS));
        }
    }

    private static Thread reader(
            Engine engine, String contextId, long[] said, CountDownLatch[] read, List<Long> latencies) {
        return Thread.startVirtualThread(() -> {
            try (Cursor<Event> cursor = engine.read(contextId, 0)) {
                while (latencies.size() < ROUNDS) {
                    for (Journal.Entry<Event> entry : cursor.take(32)) {
                        if (entry.event().kind() == Event.Kind.CHUNK) {
                            int n = latencies.size();
                            latencies.add(System.nanoTime() - said[n]);
                            read[n].countDown();
                        }
                    }
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void chunks_per_second() throws Exception {
        int chats = 64;
        int words = 2_000;
        var ended = new CountDownLatch(chats);
        try (Engine engine = open(turn -> {
            for (int i = 0; i < words; i++) {
                turn.say("word ");
            }
            turn.flush();
            ended.countDown();
        })) {
            long asked = System.nanoTime();
            for (int i = 0; i < chats; i++) {
                engine.send(Send.chat("me", null, Message.user("m" + i, "hi"), null));
            }
            ended.await();
            double seconds = (System.nanoTime() - asked) / 1e9;
            System.out.printf(
                    "%,d chunks of %d chats: %,.0f a second%n", chats * words, chats, chats * words / seconds);
        }
    }
}
