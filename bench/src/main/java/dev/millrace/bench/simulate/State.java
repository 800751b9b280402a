package dev.millrace.bench.simulate;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that the database has, at one moment. Never changed: a write makes another one, so that a snapshot is a reference,
 * and what was not synced can be lost by going back to one.
 *
 * @param revisions the newest revision of each owner
 * @param forgotten contexts that were deleted, as lists show them
 * @param leases when each replica's runs out, in nanoseconds of the database's clock
 */
record State(
        Map<String, Kept> contexts, Map<String, Long> revisions, List<Context> forgotten, Map<String, Long> leases) {

    static State empty() {
        return new State(new TreeMap<>(), new TreeMap<>(), List.of(), new TreeMap<>());
    }

    Kept context(@Nullable String contextId) {
        return contextId == null ? Kept.NOTHING : contexts.getOrDefault(contextId, Kept.NOTHING);
    }

    /** The same with another view of one context. */
    State with(String contextId, Kept kept) {
        var changed = new TreeMap<>(contexts);
        changed.put(contextId, kept);
        return new State(changed, revisions, forgotten, leases);
    }

    State after(String contextId, Write<?> write) {
        if (write.isEmpty()) {
            return this;
        }
        Kept before = context(contextId);
        if (write.forget()) {
            return without(contextId, before);
        }
        Context row = write.context();
        if (row == null) {
            return with(contextId, before.with(null, write));
        }
        if (row.revision() != 0 && before.context() != null) {
            // Not told, so it keeps its number, whatever whoever decided knew of that.
            return with(contextId, before.with(row.withRevision(before.context().revision()), write));
        }
        long revision = revision(row.owner()) + 1;
        State numbered = with(contextId, before.with(row.withRevision(revision), write));
        return numbered.withRevision(row.owner(), revision);
    }

    private State without(String contextId, Kept before) {
        Context gone = before.context();
        if (gone == null) {
            return this;
        }
        long revision = revision(gone.owner()) + 1;
        var more = new ArrayList<>(forgotten);
        more.add(Context.deleted(contextId, gone.owner(), revision));
        State without = with(contextId, Kept.deleted(before.version() + 1)).withRevision(gone.owner(), revision);
        return new State(without.contexts, without.revisions, more, leases);
    }

    private State withRevision(String owner, long revision) {
        var changed = new TreeMap<>(revisions);
        changed.put(owner, revision);
        return new State(contexts, changed, forgotten, leases);
    }

    /** @param until null = there is no such lease */
    State withLease(String id, @Nullable Long until) {
        var changed = new TreeMap<>(leases);
        if (until == null) {
            changed.remove(id);
        } else {
            changed.put(id, until);
        }
        return new State(contexts, revisions, forgotten, changed);
    }

    long revision(String owner) {
        return revisions.getOrDefault(owner, 0L);
    }
}
