package dev.millrace.bench.chaos;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a run does.
 *
 * @param time how long there are load and faults; then everything is mended and must end
 * @param replicas servers on one PostgreSQL; 0 = one server on SQLite
 * @param url of a PostgreSQL that is there; null = one is started
 * @param chats at once
 * @param lease of the servers
 * @param crashes PostgreSQL itself is crashed, too, which may take chunks that were shown
 */
record ChaosPlan(
        Duration time, int replicas, @Nullable URI url, long seed, int chats, Duration lease, boolean crashes) {

    boolean sqlite() {
        return replicas == 0;
    }

    /** An outage that outlasts every patience is part of long runs only. */
    Duration longestOutage() {
        return time.compareTo(Duration.ofMinutes(5)) >= 0 ? Duration.ofMinutes(1) : lease.multipliedBy(2);
    }
}
