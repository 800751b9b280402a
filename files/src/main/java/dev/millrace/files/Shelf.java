package dev.millrace.files;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cache holds, in the order of its last use, and what has to go when there is too much: ordinary units first, and
 * pinned ones only while they take more than half of the room. Used under a lock.
 *
 * @param <V> what is kept for a unit
 */
final class Shelf<V> {
    private final long capacity;
    private final LinkedHashMap<CacheKey, Item<V>> ordinary = new LinkedHashMap<>(16, 0.75f, true);
    private final LinkedHashMap<CacheKey, Item<V>> pinned = new LinkedHashMap<>(16, 0.75f, true);
    private long ordinaryBytes;
    private long pinnedBytes;

    private record Item<V>(V value, int bytes) {}

    /** What had to go. */
    record Gone<V>(CacheKey key, V value) {}

    Shelf(long capacity) {
        this.capacity = capacity;
    }

    private Map<CacheKey, Item<V>> of(CacheKey key) {
        return key.pinned() ? pinned : ordinary;
    }

    /** The value, which is used now; or null. */
    @Nullable V get(CacheKey key) {
        Item<V> item = of(key).get(key);
        return item == null ? null : item.value;
    }

    boolean contains(CacheKey key) {
        return of(key).containsKey(key);
    }

    /** Adds a unit, or takes its place, and gives those that had to go for it; perhaps the unit itself. */
    List<Gone<V>> put(CacheKey key, V value, int bytes) {
        remove(key);
        of(key).put(key, new Item<>(value, bytes));
        count(key, bytes);
        List<Gone<V>> gone = new ArrayList<>(0);
        while (bytes() > capacity) {
            boolean fromPinned = ordinary.isEmpty() || pinnedBytes > capacity / 2;
            Map<CacheKey, Item<V>> victims = fromPinned ? pinned : ordinary;
            Map.Entry<CacheKey, Item<V>> eldest = victims.entrySet().iterator().next();
            gone.add(new Gone<>(eldest.getKey(), eldest.getValue().value));
            remove(eldest.getKey());
        }
        return gone;
    }

    boolean remove(CacheKey key) {
        Item<V> item = of(key).remove(key);
        if (item != null) {
            count(key, -item.bytes);
        }
        return item != null;
    }

    private void count(CacheKey key, int bytes) {
        if (key.pinned()) {
            pinnedBytes += bytes;
        } else {
            ordinaryBytes += bytes;
        }
    }

    long bytes() {
        return ordinaryBytes + pinnedBytes;
    }
}
