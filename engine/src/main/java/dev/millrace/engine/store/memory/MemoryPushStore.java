package dev.millrace.engine.store.memory;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.PushStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Pushes in memory. There is one process, so what is claimed stays so. Goes with the contexts it belongs to; dead letters
 * are bounded by themselves, the oldest going first.
 */
final class MemoryPushStore implements PushStore {
    /** As many as an operator would look at. */
    private static final int MAX_LETTERS = 10_000;

    private record Key(String taskId, String id) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byTask = taskId.compareTo(other.taskId);
            return byTask != 0 ? byTask : id.compareTo(other.id);
        }
    }

    private final NavigableMap<Key, Subscription> subscriptions = new TreeMap<>();
    private final TreeMap<String, DeadLetter> letters = new TreeMap<>();
    private final ArrayList<String> byAge = new ArrayList<>();

    @Override
    public synchronized void put(Subscription subscription, String holder, Duration claim) {
        Key key = key(subscription);
        Subscription before = subscriptions.get(key);
        subscriptions.put(
                key,
                before == null
                        ? subscription
                        : new Subscription(
                                before.taskId(),
                                before.id(),
                                before.contextId(),
                                before.owner(),
                                subscription.config(),
                                before.delivered(),
                                0,
                                null,
                                null,
                                null,
                                before.ended()));
    }

    @Override
    public synchronized @Nullable Subscription get(String taskId, String id) {
        return subscriptions.get(new Key(taskId, id));
    }

    @Override
    public synchronized Page<Subscription> of(String taskId, int limit, @Nullable String after) {
        List<Subscription> found =
                subscriptions.tailMap(new Key(taskId, after == null ? "" : after), false).values().stream()
                        .takeWhile(subscription -> subscription.taskId().equals(taskId))
                        .limit(limit + 1L)
                        .toList();
        return page(found, limit, Subscription::id);
    }

    @Override
    public synchronized boolean delete(String taskId, String id) {
        return subscriptions.remove(new Key(taskId, id)) != null;
    }

    @Override
    public List<Subscription> claim(String holder, Duration claim, int max) {
        return List.of(); // whatever is here was put, and so claimed, by this process
    }

    @Override
    public void renew(String holder, Duration claim) {}

    @Override
    public void release(String holder) {}

    @Override
    public synchronized boolean move(Subscription now, String holder) {
        return subscriptions.replace(key(now), now) != null;
    }

    @Override
    public synchronized boolean bury(Subscription now, String holder, DeadLetter letter) {
        if (!move(now, holder)) {
            return false;
        }
        if (letters.put(letter.id(), letter) == null) {
            byAge.add(letter.id());
        }
        while (byAge.size() > MAX_LETTERS) {
            letters.remove(byAge.removeFirst());
        }
        return true;
    }

    @Override
    public synchronized Tally tally() {
        long open =
                subscriptions.values().stream().filter(each -> !each.ended()).count();
        long failing = subscriptions.values().stream()
                .filter(each -> !each.ended() && each.failingSince() != null)
                .count();
        return new Tally(open, failing, letters.size());
    }

    @Override
    public synchronized Page<DeadLetter> dead(String owner, int limit, @Nullable String after) {
        List<DeadLetter> found = letters.tailMap(after == null ? "" : after, false).values().stream()
                .filter(letter -> letter.owner().equals(owner))
                .limit(limit + 1L)
                .toList();
        return page(found, limit, DeadLetter::id);
    }

    @Override
    public synchronized @Nullable DeadLetter letter(String owner, String id) {
        DeadLetter found = letters.get(id);
        return found == null || !Objects.equals(found.owner(), owner) ? null : found;
    }

    @Override
    public synchronized void exhume(String id) {
        letters.remove(id);
        byAge.remove(id);
    }

    /** The task is gone. */
    synchronized void forget(String taskId) {
        subscriptions
                .subMap(new Key(taskId, ""), true, new Key(taskId + '\0', ""), false)
                .clear();
        if (!letters.isEmpty()) {
            letters.values().removeIf(letter -> letter.taskId().equals(taskId) && byAge.remove(letter.id()));
        }
    }

    private static Key key(Subscription subscription) {
        return new Key(subscription.taskId(), subscription.id());
    }

    private static <T> Page<T> page(List<T> found, int limit, java.util.function.Function<T, String> id) {
        boolean more = found.size() > limit;
        List<T> items = more ? found.subList(0, limit) : found;
        return new Page<>(items, more ? id.apply(items.getLast()) : null, items.size());
    }
}
