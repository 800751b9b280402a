package dev.millrace.bench.house;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.server.http.EventStream;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Router;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * How streams were served before: the agent sends to a bounded broadcast; for each stream a builder thread takes each
 * event from it with an interval timer beside, and hands it through a bounded channel to the thread that writes, one
 * event at a time. On Millrace's own HTTP edge and with the same payloads, so that the way between is what differs.
 *
 * <p>Kinder than the original: nothing is stored (it saved the whole task for each event), and nothing is parsed twice.
 */
final class BroadcastHouse {
    private static final long KEEP_ALIVE_SECONDS = 15;
    private static final int CHANNEL = 64;

    private record Live(String contextId, Broadcast events) {}

    private final Controls controls;
    private final Map<String, Live> tasks = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timers").factory());

    private BroadcastHouse(Controls controls) {
        this.controls = controls;
    }

    static AutoCloseable open(Controls controls, Router router) {
        var house = new BroadcastHouse(controls);
        router.post("/a2a", house::call);
        return house.timers;
    }

    private void call(Exchange exchange) throws Exception {
        BeforeCall call = BeforeCall.read(exchange.body());
        if (call.method().equals("SubscribeToTask")) {
            String taskId = call.params().required("id").stringValue();
            Live live = Objects.requireNonNull(tasks.get(taskId), "no such task");
            long after = live.events().sent();
            EventStream out = exchange.eventStream();
            byte[] now =
                    Before.bytes(Task.of(taskId, live.contextId(), TaskStatus.of(TaskState.WORKING, Instant.EPOCH)));
            out.send(new FrameBuffer().event(after, BeforeCall.HEAD, now, BeforeCall.TAIL));
            stream(out, live.events().receiver(after));
            return;
        }
        String taskId = UUID.randomUUID().toString();
        var live = new Live(UUID.randomUUID().toString(), new Broadcast());
        tasks.put(taskId, live);
        var receiver = live.events().receiver(0);
        live.events().send(Before.submitted(taskId, live.contextId(), call.message()), false);
        Thread.startVirtualThread(() -> work(taskId, live, call.words()));
        stream(exchange.eventStream(), receiver);
    }

    private void work(String taskId, Live live, int words) {
        try {
            live.events().send(Before.status(taskId, live.contextId(), TaskState.WORKING), false);
            controls.gate().await();
            for (int i = 1; i <= words; i++) {
                live.events().send(Before.word(taskId, live.contextId(), i, words), false);
            }
            live.events().send(Before.status(taskId, live.contextId(), TaskState.COMPLETED), true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            tasks.remove(taskId);
        }
    }

    private void stream(EventStream out, Broadcast.Receiver receiver) throws Exception {
        BlockingQueue<Broadcast.Slot> channel = new ArrayBlockingQueue<>(CHANNEL);
        Future<?> interval =
                timers.scheduleAtFixedRate(() -> {}, KEEP_ALIVE_SECONDS, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        Thread builder = Thread.startVirtualThread(() -> build(receiver, channel));
        try {
            for (Broadcast.Slot slot = null; slot == null || !slot.last(); ) {
                slot = channel.take();
                out.send(new FrameBuffer().event(slot.id(), BeforeCall.HEAD, slot.payload(), BeforeCall.TAIL));
            }
        } finally {
            interval.cancel(false);
            builder.interrupt();
        }
    }

    private static void build(Broadcast.Receiver receiver, BlockingQueue<Broadcast.Slot> channel) {
        try {
            for (boolean last = false; !last; ) {
                var slot = receiver.receive(TimeUnit.SECONDS.toMillis(KEEP_ALIVE_SECONDS));
                if (slot.isPresent()) {
                    channel.put(slot.get());
                    last = slot.get().last();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
