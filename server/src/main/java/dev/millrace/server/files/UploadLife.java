package dev.millrace.server.files;

import dev.millrace.engine.store.FileRegister;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long uploads stay, and how much of them there may be.
 *
 * @param grace from when the last chat that names a file was deleted until the file is removed; at least a minute, so that
 *     nothing is taken from a chat that is just being made
 * @param unfinished for how long an upload that is under way may get nothing before it is given up
 * @param unused for how long a file stays that no chat has ever named; null: until its owner removes it
 * @param quota bytes that the files of one owner may have together, {@link FileRegister#NO_QUOTA} for no bound
 */
public record UploadLife(
        Duration grace, Duration unfinished, @Nullable Duration unused, long quota) {
    private static final Duration SHORTEST = Duration.ofMinutes(1);

    /** A day for files whose chats are gone, a day for uploads that do not go on, and no other bounds. */
    public static final UploadLife DEFAULT =
            new UploadLife(Duration.ofDays(1), Duration.ofDays(1), null, FileRegister.NO_QUOTA);

    /** @throws IllegalArgumentException if a time is too short; the message begins with the setting's name */
    public UploadLife {
        requireTime("grace", grace);
        requireTime("unfinished", unfinished);
        if (unused != null) {
            requireTime("unused", unused);
        }
        if (quota < 1) {
            throw new IllegalArgumentException("uploads.quota: must be positive");
        }
    }

    private static void requireTime(String name, Duration time) {
        if (time.compareTo(SHORTEST) < 0) {
            throw new IllegalArgumentException("uploads." + name + ": must be at least 1m");
        }
    }

    boolean hasQuota() {
        return quota != FileRegister.NO_QUOTA;
    }

    /** How often it is looked whether something is over: about a tenth late at most, and at least hourly. */
    Duration pause() {
        Duration shortest = grace.compareTo(unfinished) < 0 ? grace : unfinished;
        Duration tenth = shortest.dividedBy(10);
        return tenth.compareTo(Duration.ofHours(1)) > 0 ? Duration.ofHours(1) : tenth;
    }
}
