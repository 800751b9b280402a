package dev.millrace.engine.store.postgres;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What decisions need of a context, as it was at one version. Immutable.
 *
 * @param context null = there is none; then the version is 0
 * @param open the tasks that have not ended, by place
 * @param ended some of those that have, the last to end last
 * @param keys some of the sends that are remembered
 * @param origin how it came to be known
 */
record View(
        @Nullable Context context,
        long version,
        Map<String, TaskRecord> open,
        Map<String, TaskRecord> ended,
        Map<String, SendKey> keys,
        Origin origin) {

    enum Origin {
        /** Nobody looked: most contexts that are not in memory are new. A decision to write nothing must not rest on it. */
        GUESSED,
        /** From memory: another process may have written since. */
        KEPT,
        /** Read after the submit came. */
        READ
    }

    static View guess() {
        return new View(null, 0, Map.of(), Map.of(), Map.of(), Origin.GUESSED);
    }

    static View absent() {
        return new View(null, 0, Map.of(), Map.of(), Map.of(), Origin.READ);
    }

    View kept() {
        return origin == Origin.KEPT ? this : new View(context, version, open, ended, keys, Origin.KEPT);
    }

    View knowing(SendKey send) {
        var more = new LinkedHashMap<>(keys);
        more.put(send.key(), send);
        return new View(context, version, open, ended, more, origin);
    }
}
