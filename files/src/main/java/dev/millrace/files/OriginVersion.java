package dev.millrace.files;

import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which version of a file an origin talks about: its entity tag and date, word for word as it sent them, and the size.
 *
 * <p>A strong tag is enough. Without one the date must stay the same too, and without that the size is all there is.
 */
record OriginVersion(
        long size, @Nullable String etag, @Nullable String lastModified) {

    static OriginVersion of(long size, HttpHeaders headers) {
        return new OriginVersion(
                size,
                headers.firstValue("ETag").orElse(null),
                headers.firstValue("Last-Modified").orElse(null));
    }

    /** The tag, where it can be read. */
    @Nullable EntityTag tag() {
        return Optional.ofNullable(etag).flatMap(EntityTag::parse).orElse(null);
    }

    /**
     * Makes the origin refuse to give bytes of another version. With a strong tag by {@code If-Range}, which more origins
     * know than {@code If-Match}; else by {@code If-Unmodified-Since}, since a date in {@code If-Range} must be strong, too.
     */
    void pin(HttpRequest.Builder request) {
        EntityTag tag = tag();
        if (tag != null && !tag.weak()) {
            request.setHeader("If-Range", tag.toString());
        } else if (lastModified != null) {
            request.setHeader("If-Unmodified-Since", lastModified);
        }
    }

    /** Whether an answer speaks of the same version. What an answer used to carry and now leaves out counts as changed. */
    boolean sameAs(OriginVersion other) {
        EntityTag tag = tag();
        EntityTag otherTag = other.tag();
        if (size != other.size) {
            return false;
        }
        if (tag != null && otherTag != null && tag.strongEquals(otherTag)) {
            return true;
        }
        return Objects.equals(etag, other.etag) && Objects.equals(lastModified, other.lastModified);
    }
}
