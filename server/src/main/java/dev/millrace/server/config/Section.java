package dev.millrace.server.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One mapping of the file, read strictly. Asking for a key makes it known; when all were asked for, {@link #done} refuses
 * what is left. So the reader of a section is also the list of its keys, and the two can't differ.
 */
final class Section {
    private final String path;
    private final ObjectNode node;
    private final Variables variables;
    private final SortedSet<String> known = new TreeSet<>();

    Section(String path, ObjectNode node, Variables variables) {
        this.path = path;
        this.node = node;
        this.variables = variables;
    }

    /** A section of that name with nothing in it. */
    static Section empty(String path) {
        return new Section(path, JsonNodeFactory.instance.objectNode(), new Variables(Map.of()));
    }

    /** The full name of a key of this section. */
    String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** The section under a key; an empty one if it is absent, so that its keys become known too. */
    Section section(String key) {
        JsonNode value = value(key);
        return switch (value) {
            case null -> new Section(at(key), node.objectNode(), variables);
            case ObjectNode object -> new Section(at(key), object, variables);
            default -> throw wrong(key, "must be a section with settings of its own", value);
        };
    }

    /** Whether the key is there at all. */
    boolean has(String key) {
        return value(key) != null;
    }

    /** The names under this section, for those that the user chooses. */
    Iterable<String> names() {
        return node.propertyNames();
    }

    Optional<String> text(String key) {
        JsonNode value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isString() && !value.isNumber()) {
            throw wrong(key, "must be a text", value);
        }
        String text = variables.in(at(key), value.asString());
        if (text.isBlank()) {
            throw new BadSetting(at(key), "must not be empty");
        }
        return Optional.of(text);
    }

    OptionalInt integer(String key, int least, int most) {
        OptionalLong value = whole(key, least, most);
        return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
    }

    private OptionalLong whole(String key, long least, long most) {
        JsonNode value = value(key);
        if (value == null) {
            return OptionalLong.empty();
        }
        String range = "must be a whole number from " + least + " to " + most;
        Long number = value.isIntegralNumber() && value.canConvertToLong()
                ? Long.valueOf(value.longValue())
                : value.isString() ? parsed(variables.in(at(key), value.stringValue())) : null;
        if (number == null || number < least || number > most) {
            throw wrong(key, range, value);
        }
        return OptionalLong.of(number);
    }

    /** A variable of the environment is always a text, so a text that holds a number is one. */
    private static @Nullable Long parsed(String text) {
        try {
            return Long.valueOf(text.strip());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    OptionalDouble number(String key) {
        JsonNode value = value(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber()) {
            throw wrong(key, "must be a number", value);
        }
        return OptionalDouble.of(value.doubleValue());
    }

    /** {@code true} or {@code false}. */
    Optional<Boolean> flag(String key) {
        JsonNode value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            throw wrong(key, "must be true or false", value);
        }
        return Optional.of(value.booleanValue());
    }

    /** A time such as {@code 10s}, {@code 500ms} or {@code 5m}. */
    Optional<Duration> duration(String key) {
        return text(key)
                .map(text -> Amounts.duration(text)
                        .orElseThrow(() -> new BadSetting(
                                at(key),
                                "must be a time such as 500ms, 10s or 5m, greater than 0, not \"" + text + "\"")));
    }

    /** A number of bytes such as {@code 65536}, {@code 64KiB} or {@code 8MiB}. */
    OptionalLong bytes(String key, long most) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        OptionalLong bytes = Amounts.bytes(text.get());
        if (bytes.isEmpty() || bytes.getAsLong() < 1 || bytes.getAsLong() > most) {
            throw new BadSetting(
                    at(key),
                    "must be a number of bytes such as 65536, 64KiB or 8MiB, at most " + most + ", not \"" + text.get()
                            + "\"");
        }
        return bytes;
    }

    /** All of the section as plain values, for a reader of its own. */
    Map<String, Object> plain() {
        var plain = new LinkedHashMap<String, Object>();
        for (String key : node.propertyNames()) {
            known.add(key);
            JsonNode value = node.get(key);
            if (value instanceof ObjectNode object) {
                plain.put(key, new Section(at(key), object, variables).plain());
            } else if (value.isString()) {
                plain.put(key, variables.in(at(key), value.stringValue()));
            } else if (value.isNumber()) {
                plain.put(key, value.numberValue());
            } else if (!value.isNull()) {
                throw wrong(key, "must be a text or a number", value);
            }
        }
        return plain;
    }

    /** @throws BadSetting if there is a key that nobody asked for */
    void done() {
        for (String key : node.propertyNames()) {
            if (!known.contains(key)) {
                String nearest = Nearest.to(key, known)
                        .map(name -> "did you mean " + at(name) + "?")
                        .orElse("known are " + String.join(", ", known));
                throw new BadSetting(at(key), "there is no such setting; " + nearest);
            }
        }
    }

    private @Nullable JsonNode value(String key) {
        known.add(key);
        JsonNode value = node.get(key);
        return value == null || value.isNull() ? null : value;
    }

    private BadSetting wrong(String key, String must, JsonNode value) {
        String found = value.isObject() ? "a section" : value.isArray() ? "a list" : value.toString();
        return new BadSetting(at(key), must + ", not " + found);
    }
}
