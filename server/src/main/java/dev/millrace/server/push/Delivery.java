package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.core.Cursor;
import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.PushStore.Subscription;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one subscriber one task's events, in order: reads the journal from where it stands, brings each event until it is
 * taken or given up, and writes down how far it is. A crash in between repeats the last event, under the same delivery id.
 *
 * <p>It runs on a virtual thread of its own, which sleeps while nothing happens. {@link #close} ends it.
 */
final class Delivery implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
    private static final int BATCH = 32;

    /** A store that can't be written is tried again after this. */
    private static final Duration STORE_PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final PushStore store;
    private final Courier courier;
    private final Backoff backoff;
    private final Duration giveUpAfter;
    private final String holder;
    private final InstantSource clock;
    private final Cursor<Event> cursor;
    private final Doorbell wake = new Doorbell();
    private Subscription subscription;
    private volatile TaskPushNotificationConfig config;
    private volatile boolean closed;

    Delivery(
            Engine engine,
            PushStore store,
            Courier courier,
            Backoff backoff,
            Duration giveUpAfter,
            String holder,
            InstantSource clock,
            Subscription subscription) {
        this.engine = engine;
        this.store = store;
        this.courier = courier;
        this.backoff = backoff;
        this.giveUpAfter = giveUpAfter;
        this.holder = holder;
        this.clock = clock;
        this.subscription = subscription;
        this.config = config(subscription.config());
        this.cursor = engine.read(subscription.contextId(), subscription.delivered());
    }

    static TaskPushNotificationConfig config(String json) {
        return A2aJson.TASK_PUSH_NOTIFICATION_CONFIG.read(json.getBytes(UTF_8));
    }

    static String deliveryId(Subscription subscription, long offset) {
        String name = subscription.taskId() + "/" + subscription.id() + "/" + offset;
        return UUID.nameUUIDFromBytes(name.getBytes(UTF_8)).toString();
    }

    /** From the next attempt on; which is now. */
    void use(TaskPushNotificationConfig another) {
        config = another;
        wake.ring();
    }

    /** Runs until the task's last event was told, or nobody wants to be told any more. */
    void run() throws InterruptedException {
        try (cursor) {
            while (!closed && !cursor.ended()) {
                for (Journal.Entry<Event> entry : cursor.take(BATCH)) {
                    if (concerns(entry) && !tell(entry)) {
                        return;
                    }
                }
            }
        }
    }

    private boolean concerns(Journal.Entry<Event> entry) {
        return subscription.taskId().equals(entry.event().taskId())
                && entry.event().kind() != Event.Kind.MESSAGE
                && entry.offset() > subscription.delivered();
    }

    /** False if there is nothing more to do. */
    private boolean tell(Journal.Entry<Event> entry) throws InterruptedException {
        TaskState state = entry.event().state();
        boolean last = state != null && state.terminal();
        String id = deliveryId(subscription, entry.offset());
        await(subscription.nextAt());
        while (!closed) {
            String problem = courier.bring(
                    config, id, entry.offset(), entry.event().json(), engine.cause(subscription.taskId()));
            if (closed) {
                return false; // what was told may be told again: who closed this does not wait for it
            }
            if (problem == null) {
                return move(subscription.told(entry.offset(), last), null) && !last;
            }
            Instant now = clock.instant();
            Instant since = subscription.failingSince() == null ? now : subscription.failingSince();
            Instant next = now.plus(backoff.after(subscription.attempts() + 1));
            Subscription failed = subscription.failed(problem, now, next);
            if (Duration.between(since, now).compareTo(giveUpAfter) >= 0) {
                LOG.warn("gave up on a push of task {}: {}", subscription.taskId(), problem);
                return move(failed.gaveUp(entry.offset(), last), letter(failed, id, entry, now)) && !last;
            }
            if (!move(failed, null)) {
                return false;
            }
            await(next);
        }
        return false;
    }

    private PushStore.DeadLetter letter(Subscription failed, String id, Journal.Entry<Event> entry, Instant now) {
        return new PushStore.DeadLetter(
                id,
                failed.owner(),
                failed.taskId(),
                failed.id(),
                failed.config(),
                entry.offset(),
                entry.event().json(),
                failed.attempts(),
                failed.problem(),
                now);
    }

    /** False if the subscription is not ours any more: deleted, or claimed by another process. */
    private boolean move(Subscription now, PushStore.@Nullable DeadLetter letter) throws InterruptedException {
        while (!closed) {
            try {
                boolean ours = letter == null ? store.move(now, holder) : store.bury(now, holder, letter);
                subscription = now;
                return ours;
            } catch (StoreFailure e) {
                LOG.warn("how far a push is can't be written; trying again: {}", e.getMessage());
                wake.await(STORE_PAUSE);
            }
        }
        return false;
    }

    private void await(@Nullable Instant until) throws InterruptedException {
        if (until != null && !closed) {
            Duration pause = Duration.between(clock.instant(), until);
            if (pause.isPositive()) {
                wake.await(pause);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        cursor.close();
        wake.ring();
    }
}
