package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What a sender is told of survives a power cut; what nobody is told of need not. */
class AcknowledgedTest {
    private final List<Durability> asked = new CopyOnWriteArrayList<>();

    /** Remembers how safe each write was to be. */
    private final class Listening implements Store {
        private final Store store = new MemoryStore();

        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            asked.add(durability);
            return store.submit(contextId, durability, decide);
        }

        @Override
        public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
            return store.read(contextId, query);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private Durability ofSend(boolean acknowledged) throws Exception {
        asked.clear();
        var agents = new AgentCatalog(List.of(new AgentCatalog.Listing("quiet", "says nothing", turn -> {})));
        try (var engine = new Engine(new Listening(), agents, EngineSettings.defaults())) {
            engine.start();
            Send send = Send.chat("me", "quiet", Message.user("m1", "hi"), null);
            engine.send(acknowledged ? send : send.unacknowledged());
            return asked.getFirst();
        }
    }

    @Test
    void a_send_waits_for_the_disk_before_its_sender_is_told() throws Exception {
        assertThat(ofSend(true)).isEqualTo(Durability.FSYNCED);
    }

    @Test
    void a_send_that_is_not_acknowledged_waits_for_no_disk() throws Exception {
        assertThat(ofSend(false)).isEqualTo(Durability.WRITTEN);
    }
}
