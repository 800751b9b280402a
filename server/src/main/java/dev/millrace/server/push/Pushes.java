package dev.millrace.server.push;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Page;
import dev.millrace.engine.Span;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.PushStore.DeadLetter;
import dev.millrace.engine.store.PushStore.Subscription;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.push.AuthenticationInfo;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps push configurations and delivers: every event of the task at least once, in order for each configuration, with
 * an id that stays the same however often it is tried. What a process had under way when it died, the next one, or another
 * on the same store, goes on with.
 *
 * <p>Nothing is kept beside the journal but how far each receiver is: an event is in the outbox from the commit that made
 * it. Where the chunks of an artifact were merged meanwhile, the whole artifact is pushed in their place.
 *
 * <p>Start it after the engine, close it before the engine stops. Any thread; may block on the store.
 */
public final class Pushes implements AutoCloseable {
    /** The delivery: the same for each attempt of an event to a receiver, so that it can tell repetitions. */
    public static final String DELIVERY_ID = "X-A2A-Delivery-Id";

    /** The event's id, as streams have it: it grows from event to event. */
    public static final String EVENT_ID = "X-A2A-Event-Id";

    public static final String TOKEN = "X-A2A-Notification-Token";

    /** The JWT of {@link PushSigner}. */
    public static final String SIGNATURE = "X-A2A-Notification-Signature";

    private static final Logger LOG = LoggerFactory.getLogger(Pushes.class);

    /** How long a claim holds: so long an event may wait when the process that had to push it has died. */
    private static final Duration CLAIM = Duration.ofSeconds(30);

    private static final int CLAIMED_AT_ONCE = 1000;

    private record Key(String taskId, String id) {}

    private final Engine engine;
    private final PushStore store;
    private final PushSettings settings;
    private final InstantSource clock;
    private final Courier courier;
    private final Backoff backoff;
    private final String holder = UUID.randomUUID().toString();
    private final Map<Key, Delivery> deliveries = new ConcurrentHashMap<>();
    private final Doorbell stop = new Doorbell();
    private final Thread patrol = Thread.ofVirtual().name("push-patrol").unstarted(this::patrol);
    private volatile boolean closed;

    public Pushes(Engine engine, PushStore store, PushSettings settings) {
        this(
                engine,
                store,
                settings,
                () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system(),
                new java.security.SecureRandom());
    }

    /** @param random must be safe for use by several threads */
    public Pushes(
            Engine engine,
            PushStore store,
            PushSettings settings,
            Supplier<SSLSocketFactory> tls,
            InstantSource clock,
            RandomGenerator random) {
        this.engine = engine;
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        this.courier = new Courier(settings, tls);
        this.backoff = new Backoff(settings.firstPause(), settings.longestPause(), random);
    }

    /** Takes up what was under way, and looks for what other processes leave. Once. */
    public void start() {
        patrol.start();
    }

    /** What signs the pushes; null = nothing does. */
    public @Nullable PushSigner signer() {
        return settings.signer();
    }

    // ---- Configurations

    /**
     * Looks whether pushes could be made by this.
     *
     * @param at what stands before the names of its fields
     * @throws InvalidField if not
     */
    public void check(TaskPushNotificationConfig config, String at) {
        Target target = Target.of(config.url(), at + "url");
        requireFieldValue(at + "token", config.token());
        AuthenticationInfo authentication = config.authentication();
        if (authentication != null) {
            if (!authentication.scheme().matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
                throw new InvalidField(at + "authentication.scheme", "must be the name of a scheme, such as Bearer");
            }
            requireFieldValue(at + "authentication.credentials", authentication.credentials());
        }
        boolean address = target.host().indexOf(':') >= 0 || target.host().matches("[0-9.]+|0[xX].*");
        if (address && !settings.allowed().contains(target.host())) {
            try {
                target.address(settings.allowed());
            } catch (java.io.IOException e) {
                throw new InvalidField(at + "url", "can't be pushed to: " + e.getMessage());
            }
        }
    }

    private static void requireFieldValue(String field, @Nullable String value) {
        if (value != null && !Courier.isFieldValue(value)) {
            throw new InvalidField(field, "must be of visible ASCII characters: it stands in a header");
        }
    }

    /**
     * Pushes the events of a task after an offset from now on, across crashes. One with the same task and id is replaced,
     * and goes on where it was.
     *
     * @param config with its task's id and its own
     */
    public TaskPushNotificationConfig put(
            String owner, String contextId, TaskPushNotificationConfig config, long after) {
        var key = new Key(String.valueOf(config.taskId()), String.valueOf(config.id()));
        var subscription = new Subscription(
                key.taskId(),
                key.id(),
                contextId,
                owner,
                A2aJson.TASK_PUSH_NOTIFICATION_CONFIG.writeText(config),
                after,
                0,
                null,
                null,
                null,
                false);
        boolean known = store.get(key.taskId(), key.id()) != null;
        store.put(subscription, holder, CLAIM);
        if (!known) {
            begin(subscription);
        } else {
            Delivery running = deliveries.get(key);
            if (running != null) {
                running.use(config);
            }
        }
        return config;
    }

    public Optional<TaskPushNotificationConfig> get(String taskId, String id) {
        return Optional.ofNullable(store.get(taskId, id)).map(found -> Delivery.config(found.config()));
    }

    /** A task's configurations, by id. */
    public Page<TaskPushNotificationConfig> list(String taskId, int limit, @Nullable String after) {
        Page<Subscription> page = store.of(taskId, limit, after);
        return new Page<>(
                page.items().stream()
                        .map(found -> Delivery.config(found.config()))
                        .toList(),
                page.next(),
                page.total());
    }

    /** Ends the pushes of a configuration; one that is under way may still arrive. */
    public void delete(String taskId, String id) {
        store.delete(taskId, id);
        Delivery running = deliveries.remove(new Key(taskId, id));
        if (running != null) {
            running.close();
        }
    }

    // ---- Dead letters

    /** What an owner's receivers never took. */
    public Page<DeadLetter> deadLetters(String owner, int limit, @Nullable String after) {
        return store.dead(owner, limit, after);
    }

    /**
     * Tries a dead letter once more, now, with the configuration as it is today. One that is taken is forgotten.
     *
     * @return empty if there is no such letter; else what went wrong, or an empty text if it was taken
     */
    public Optional<String> replay(String owner, String id) throws InterruptedException {
        DeadLetter letter = store.letter(owner, id);
        if (letter == null) {
            return Optional.empty();
        }
        Subscription today = store.get(letter.taskId(), letter.subscription());
        TaskPushNotificationConfig config = Delivery.config(today == null ? letter.config() : today.config());
        String problem = courier.bring(config, id, letter.offset(), letter.json(), Span.current());
        if (problem == null) {
            store.exhume(id);
        }
        return Optional.of(problem == null ? "" : problem);
    }

    // ---- Deliveries

    private void patrol() {
        while (!closed) {
            try {
                store.renew(holder, CLAIM);
                List<Subscription> claimed = store.claim(holder, CLAIM, CLAIMED_AT_ONCE);
                claimed.forEach(this::begin);
                if (claimed.size() < CLAIMED_AT_ONCE) {
                    stop.await(CLAIM.dividedBy(3));
                }
            } catch (StoreFailure e) {
                if (!closed) {
                    LOG.warn("the store's pushes can't be read; trying again: {}", e.getMessage());
                    pause();
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void pause() {
        try {
            stop.await(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void begin(Subscription subscription) {
        var key = new Key(subscription.taskId(), subscription.id());
        var delivery =
                new Delivery(engine, store, courier, backoff, settings.giveUpAfter(), holder, clock, subscription);
        if (closed || deliveries.putIfAbsent(key, delivery) != null) {
            delivery.close();
            return;
        }
        Thread.ofVirtual().name("push-" + subscription.taskId()).start(() -> {
            try {
                delivery.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("the pushes of task {} stopped until the next start", subscription.taskId(), e);
            } finally {
                deliveries.remove(key, delivery);
            }
        });
    }

    /** Stops delivering; what is left is taken up by the next process. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stop.ring();
        deliveries.values().forEach(Delivery::close);
        try {
            store.release(holder);
        } catch (StoreFailure e) {
            LOG.debug("the claims run out by themselves", e);
        }
        courier.close();
    }
}
