package dev.millrace.engine.store.memory;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.FileNames;
import dev.millrace.engine.store.FilePlace;
import dev.millrace.engine.store.FileRegister;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A register of files that ends with the process; lists look at every file. */
public final class MemoryFileRegister implements FileRegister {
    private record Claim(String holder, Instant until) {}

    private final InstantSource clock;
    private final Map<String, Entry> files = new HashMap<>();
    private final Map<String, Claim> claims = new HashMap<>();
    private final Map<String, Set<String>> contextsByFile = new HashMap<>();
    private final Map<String, Set<String>> filesByContext = new HashMap<>();

    /** An empty one. */
    public MemoryFileRegister() {
        this(InstantSource.system());
    }

    MemoryFileRegister(InstantSource clock) {
        this.clock = clock;
    }

    /** The context has this event from now on. */
    void named(String contextId, byte[] event) {
        Set<String> ids = FileNames.in(event);
        if (ids.isEmpty()) {
            return;
        }
        synchronized (this) {
            for (String id : ids) {
                contextsByFile.computeIfAbsent(id, i -> new HashSet<>()).add(contextId);
                filesByContext.computeIfAbsent(contextId, c -> new HashSet<>()).add(id);
                change(id, each -> each.removing() ? each : each.withLooseSince(null));
            }
        }
    }

    /** The context is gone. */
    synchronized void gone(String contextId, String owner) {
        Set<String> let = filesByContext.remove(contextId);
        if (let == null) {
            return;
        }
        for (String id : let) {
            Set<String> others = contextsByFile.getOrDefault(id, new HashSet<>());
            others.remove(contextId);
            if (others.isEmpty()) {
                contextsByFile.remove(id);
                change(
                        id,
                        each -> each.owner().equals(owner) && each.looseSince() == null
                                ? each.withLooseSince(clock.instant())
                                : each);
            }
        }
    }

    private void change(String id, UnaryOperator<Entry> change) {
        files.computeIfPresent(id, (i, each) -> change.apply(each));
    }

    @Override
    public synchronized boolean add(Entry entry, long quota) {
        if (files.containsKey(entry.id())) {
            return true;
        }
        if (over(entry.owner(), entry.size(), quota)) {
            return false;
        }
        files.put(entry.id(), entry);
        return true;
    }

    private boolean over(String owner, long more, long quota) {
        return quota != NO_QUOTA && space(owner).bytes() + more > quota;
    }

    @Override
    public synchronized @Nullable Entry find(String id) {
        return files.get(id);
    }

    @Override
    public synchronized boolean grow(String id, long size, Instant now, long quota) {
        Entry entry = files.get(id);
        if (entry == null) {
            return true;
        }
        if (size > entry.size() && over(entry.owner(), size - entry.size(), quota)) {
            return false;
        }
        files.put(id, entry.grown(Math.max(size, entry.size()), entry.sha256(), now));
        return true;
    }

    @Override
    public synchronized void finish(String id, long size, String sha256, Instant now) {
        change(id, each -> each.grown(size, sha256, now));
        claims.remove(id);
    }

    @Override
    public synchronized boolean hold(String id, Instant now) {
        Entry entry = files.get(id);
        if (entry == null) {
            return true;
        }
        if (entry.removing()) {
            return false;
        }
        if (entry.looseSince() != null && entry.looseSince().isBefore(now)) {
            files.put(id, entry.withLooseSince(now));
        }
        return true;
    }

    @Override
    public synchronized Page<Entry> list(String owner, int limit, @Nullable String after) {
        List<Entry> all = some(e -> e.owner().equals(owner) && e.isWhole() && !e.removing(), FilePlace.NEWEST_FIRST);
        FilePlace place = after == null ? null : FilePlace.parse(after);
        List<Entry> rest = after == null
                ? all
                : all.stream().filter(e -> place != null && place.isBefore(e)).toList();
        List<Entry> items = rest.subList(0, Math.min(limit, rest.size()));
        return new Page<>(items, rest.size() > limit ? FilePlace.after(items.getLast()) : null, all.size());
    }

    private List<Entry> some(Predicate<Entry> which, Comparator<Entry> order) {
        return files.values().stream().filter(which).sorted(order).toList();
    }

    @Override
    public synchronized Space space(String owner) {
        long count = 0;
        long bytes = 0;
        for (Entry each : files.values()) {
            if (each.owner().equals(owner)) {
                count++;
                bytes += each.size();
            }
        }
        return new Space(count, bytes);
    }

    @Override
    public synchronized List<Entry> loose(Instant before, int max) {
        return some(
                        e -> e.removing()
                                || (e.isWhole()
                                        && e.looseSince() != null
                                        && e.looseSince().isBefore(before)),
                        Comparator.comparing(Entry::touchedAt))
                .stream()
                .limit(max)
                .toList();
    }

    @Override
    public synchronized List<Entry> unfinished(Instant before, int max) {
        return some(e -> !e.isWhole() && e.touchedAt().isBefore(before), Comparator.comparing(Entry::touchedAt))
                .stream()
                .limit(max)
                .toList();
    }

    @Override
    public synchronized boolean take(String id, Instant before) {
        Entry entry = files.get(id);
        if (entry == null
                || entry.removing()
                || entry.looseSince() == null
                || !entry.looseSince().isBefore(before)) {
            return entry != null && entry.removing();
        }
        if (contextsByFile.containsKey(id)) {
            files.put(id, entry.withLooseSince(null));
            return false;
        }
        files.put(id, entry.taken());
        return true;
    }

    @Override
    public synchronized void takeAnyway(String id) {
        change(id, Entry::taken);
    }

    @Override
    public synchronized void remove(String id) {
        files.remove(id);
        claims.remove(id);
    }

    @Override
    public synchronized boolean claim(String id, String holder, Instant now, Duration time) {
        Claim other = claims.get(id);
        if (other != null && !other.holder().equals(holder) && other.until().isAfter(now)) {
            return false;
        }
        claims.put(id, new Claim(holder, now.plus(time)));
        return true;
    }

    @Override
    public synchronized void release(String id, String holder) {
        Claim claim = claims.get(id);
        if (claim != null && claim.holder().equals(holder)) {
            claims.remove(id);
        }
    }
}
