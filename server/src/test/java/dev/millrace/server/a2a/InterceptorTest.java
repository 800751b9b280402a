package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a program can put around A2A's operations. */
class InterceptorTest {
    private static final Map<String, String> ALICE = Map.of("A2A-Version", "1.0", "X-Owner", "alice");

    private static final class Recorder implements Interceptor {
        final List<String> calls = new CopyOnWriteArrayList<>();

        @Override
        public void before(Operation operation) {
            if (operation.name().equals("CancelTask")) {
                throw new A2aException(A2aError.UNSUPPORTED_OPERATION, "not on Sundays");
            }
            calls.add("before " + operation.name() + " of " + operation.owner());
        }

        @Override
        public void after(Operation operation, @Nullable RuntimeException failure) {
            calls.add("after " + operation.name() + (failure == null ? "" : ": " + failure.getMessage()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void it_stands_around_every_operation_and_may_refuse_it(Tongue tongue) throws Exception {
        var recorder = new Recorder();
        try (var house = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("worker", turn -> turn.say("done")),
                settings -> settings.withInterceptor(recorder))) {
            String task = tongue.call(house, "SendMessage", A2aHouse.say("x"), ALICE)
                    .ok()
                    .at("/task/id")
                    .asString();
            tongue.call(house, "GetTask", "{\"id\":\"none\"}", ALICE);
            Tongue.Outcome refused = tongue.call(house, "CancelTask", "{\"id\":\"" + task + "\"}", ALICE);
            assertThat(refused.reason()).isEqualTo("UNSUPPORTED_OPERATION");
            assertThat(refused.text()).contains("not on Sundays");
            assertThat(recorder.calls)
                    .startsWith("before SendMessage of alice", "after SendMessage", "before GetTask of alice")
                    .hasSize(4);
            assertThat(recorder.calls.getLast()).startsWith("after GetTask: ").contains("none");
        }
    }
}
