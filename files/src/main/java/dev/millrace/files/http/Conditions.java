package dev.millrace.files.http;

import dev.millrace.files.EntityTag;
import dev.millrace.files.FileInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a {@code GET} or {@code HEAD} request, evaluated in the order of RFC 9110 section 13.2.2.
 *
 * @param ifMatch and the others: the header's value, several lines joined by commas; null if absent
 */
public record Conditions(
        @Nullable String ifMatch,
        @Nullable String ifUnmodifiedSince,
        @Nullable String ifNoneMatch,
        @Nullable String ifModifiedSince,
        @Nullable String ifRange) {

    /** What the conditions say, the range aside. */
    public enum Verdict {
        /** They hold: send the file. */
        PROCEED,
        /** The reader has this version: 304. */
        NOT_MODIFIED,
        /** The reader wants another version than this: 412. */
        FAILED
    }

    private static final Pattern TAG_IN_LIST = Pattern.compile("\\G[\\s,]*((?:W/)?\"[\\x21\\x23-\\x7E]*\")");

    /**
     * A date of last modification is a strong validator once it is at least this old, since no second version of the same
     * second can follow (RFC 9110 section 8.8.2.2).
     */
    private static final Duration DATE_IS_STRONG_AFTER = Duration.ofSeconds(1);

    /** @param headers gives the values of a header by its name, empty if absent */
    public static Conditions of(Function<String, List<String>> headers) {
        return new Conditions(
                joined(headers, "If-Match"),
                joined(headers, "If-Unmodified-Since"),
                joined(headers, "If-None-Match"),
                joined(headers, "If-Modified-Since"),
                joined(headers, "If-Range"));
    }

    private static @Nullable String joined(Function<String, List<String>> headers, String name) {
        List<String> values = headers.apply(name);
        return values.isEmpty() ? null : String.join(", ", values);
    }

    /** Steps 1 to 4; {@code If-Range} is asked apart, by {@link #rangeApplies}. */
    public Verdict verdict(FileInfo file) {
        if (ifMatch != null) {
            if (!matches(ifMatch, file.tag(), true)) {
                return Verdict.FAILED;
            }
        } else if (ifUnmodifiedSince != null && isAfter(file.lastModified(), ifUnmodifiedSince)) {
            return Verdict.FAILED;
        }
        if (ifNoneMatch != null) {
            return matches(ifNoneMatch, file.tag(), false) ? Verdict.NOT_MODIFIED : Verdict.PROCEED;
        }
        if (ifModifiedSince != null && isNotAfter(file.lastModified(), ifModifiedSince)) {
            return Verdict.NOT_MODIFIED;
        }
        return Verdict.PROCEED;
    }

    /**
     * Step 5: whether a range may be given, or the file has changed since the reader got the part it has. A tag must match
     * strongly, a date exactly.
     *
     * @param now decides whether the date of last modification is old enough to be a strong validator
     */
    public boolean rangeApplies(FileInfo file, Instant now) {
        if (ifRange == null) {
            return true;
        }
        Optional<EntityTag> tag = EntityTag.parse(ifRange);
        if (tag.isPresent()) {
            return file.tag() != null && tag.get().strongEquals(file.tag());
        }
        Instant modified = file.lastModified();
        return modified != null
                && HttpDates.parse(ifRange).equals(Optional.of(HttpDates.seconds(modified)))
                && !now.isBefore(HttpDates.seconds(modified).plus(DATE_IS_STRONG_AFTER));
    }

    /** Whether {@code *} or one of the tags in the list names this version. */
    private static boolean matches(String header, @Nullable EntityTag current, boolean strongly) {
        if (header.strip().equals("*")) {
            return true;
        }
        if (current == null) {
            return false;
        }
        Matcher list = TAG_IN_LIST.matcher(header);
        while (list.find()) {
            EntityTag tag = EntityTag.parse(list.group(1)).orElseThrow();
            if (strongly ? tag.strongEquals(current) : tag.weakEquals(current)) {
                return true;
            }
        }
        return false;
    }

    /** A date that cannot be read is no condition (RFC 9110 sections 13.1.3 and 13.1.4). */
    private static boolean isAfter(@Nullable Instant modified, String date) {
        return modified != null
                && HttpDates.parse(date)
                        .map(since -> HttpDates.seconds(modified).isAfter(since))
                        .orElse(false);
    }

    private static boolean isNotAfter(@Nullable Instant modified, String date) {
        return modified != null
                && HttpDates.parse(date)
                        .map(since -> !HttpDates.seconds(modified).isAfter(since))
                        .orElse(false);
    }
}
