package dev.millrace.files;

import java.util.Optional;

/**
 * Names one version of a file (RFC 9110 section 8.8.3).
 *
 * @param opaque the text between the quotes
 * @param weak if equal tags do not promise equal bytes
 */
public record EntityTag(String opaque, boolean weak) {

    /** Only visible ASCII may be in a tag here: RFC 9110 also lets bytes above 0x7F, which no two parties read alike. */
    public EntityTag {
        if (!opaque.chars().allMatch(EntityTag::isTagCharacter)) {
            throw new IllegalArgumentException("not the text of an entity tag: " + opaque);
        }
    }

    public static EntityTag strong(String opaque) {
        return new EntityTag(opaque, false);
    }

    /** Reads {@code "x"} or {@code W/"x"}; empty if it is neither. */
    public static Optional<EntityTag> parse(String header) {
        String text = header.strip();
        boolean weak = text.startsWith("W/");
        String quoted = weak ? text.substring(2) : text;
        if (quoted.length() < 2 || !quoted.startsWith("\"") || !quoted.endsWith("\"")) {
            return Optional.empty();
        }
        String opaque = quoted.substring(1, quoted.length() - 1);
        return opaque.chars().allMatch(EntityTag::isTagCharacter)
                ? Optional.of(new EntityTag(opaque, weak))
                : Optional.empty();
    }

    /** Equal, and both promise equal bytes. */
    public boolean strongEquals(EntityTag other) {
        return !weak && !other.weak && opaque.equals(other.opaque);
    }

    /** Equal, whatever they promise. */
    public boolean weakEquals(EntityTag other) {
        return opaque.equals(other.opaque);
    }

    /** As in the {@code ETag} header. */
    @Override
    public String toString() {
        return (weak ? "W/\"" : "\"") + opaque + '"';
    }

    private static boolean isTagCharacter(int c) {
        return c == 0x21 || (c >= 0x23 && c <= 0x7E);
    }
}
