package dev.millrace.protocol.json;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the fields of one JSON object by ProtoJSON's rules; every error names the path. See the package's page. */
final class FieldReader {
    /** Makes a value out of the fields of an object. */
    @FunctionalInterface
    interface Reader<T> {
        T read(FieldReader in);
    }

    /** Makes a value out of any JSON value, which stands at this path. */
    @FunctionalInterface
    interface Value<T> {
        T read(JsonNode node, Path at);
    }

    private final ObjectNode object;
    private final @Nullable Path path;

    private FieldReader(ObjectNode object, @Nullable Path path) {
        this.object = object;
        this.path = path;
    }

    static <T> T readObject(JsonNode node, @Nullable Path at, Reader<T> reader) {
        if (!(node instanceof ObjectNode object)) {
            throw invalid(at, "must be an object, not " + Values.typeOf(node));
        }
        return reader.read(new FieldReader(object, at));
    }

    // ---- strings

    /** An optional string; an empty one is absent, as in a protocol buffer. */
    @Nullable String text(Name name) {
        String text = textWithPresence(name);
        return text == null || text.isEmpty() ? null : text;
    }

    /** An optional string that may be there and empty. */
    @Nullable String textWithPresence(Name name) {
        JsonNode node = find(name);
        return node == null ? null : Values.text(node, at(name));
    }

    String requiredText(Name name) {
        return Values.text(required(name), at(name));
    }

    /** A required string that says which thing is meant, so it cannot be empty. */
    String id(Name name) {
        String id = requiredText(name);
        if (id.isEmpty()) {
            throw invalid(at(name), "must not be empty");
        }
        return id;
    }

    List<String> texts(Name name) {
        return list(name, Values::text);
    }

    byte[] requiredBytes(Name name) {
        return Values.bytes(required(name), at(name));
    }

    // ---- numbers, flags, times, enums

    @Nullable Integer int32(Name name) {
        JsonNode node = find(name);
        return node == null ? null : Values.int32(node, at(name));
    }

    /** An integer whose default, 0, may have been left out. */
    int int32OrZero(Name name) {
        Integer number = int32(name);
        return number == null ? 0 : number;
    }

    @Nullable Boolean flagWithPresence(Name name) {
        JsonNode node = find(name);
        return node == null ? null : Values.flag(node, at(name));
    }

    boolean flag(Name name) {
        return Boolean.TRUE.equals(flagWithPresence(name));
    }

    @Nullable Instant timestamp(Name name) {
        JsonNode node = find(name);
        return node == null ? null : Timestamps.read(Values.text(node, at(name)), at(name));
    }

    /** An optional enum; {@code UNSPECIFIED} is absent. */
    <E extends Enum<E>> @Nullable E constant(Name name, Constants<E> constants) {
        JsonNode node = find(name);
        return node == null ? null : constants.read(node, at(name));
    }

    <E extends Enum<E>> E requiredConstant(Name name, Constants<E> constants) {
        E constant = constant(name, constants);
        if (constant == null) {
            throw invalid(at(name), "is required: one of " + constants.names());
        }
        return constant;
    }

    // ---- JSON values

    /** An optional JSON object (a {@code Struct}). */
    @Nullable ObjectNode struct(Name name) {
        JsonNode node = find(name);
        if (node == null) {
            return null;
        }
        if (!(node instanceof ObjectNode struct)) {
            throw invalid(at(name), "must be an object, not " + Values.typeOf(node));
        }
        Values.check(struct, at(name));
        return struct;
    }

    /** A required JSON value; null is one. */
    JsonNode value(Name name) {
        JsonNode node = findWithNull(name);
        if (node == null) {
            throw invalid(at(name), "is required");
        }
        Values.check(node, at(name));
        return node;
    }

    // ---- objects, lists, maps

    <T> @Nullable T object(Name name, Reader<T> reader) {
        JsonNode node = find(name);
        return node == null ? null : readObject(node, at(name), reader);
    }

    <T> T requiredObject(Name name, Reader<T> reader) {
        return readObject(required(name), at(name), reader);
    }

    <T> List<T> objects(Name name, Reader<T> reader) {
        return list(name, (node, at) -> readObject(node, at, reader));
    }

    /** A list that must be there, though it may be empty. */
    <T> List<T> requiredObjects(Name name, Reader<T> reader) {
        required(name);
        return objects(name, reader);
    }

    private <T> List<T> list(Name name, Value<T> value) {
        JsonNode node = find(name);
        if (node == null) {
            return List.of();
        }
        Path at = at(name);
        if (!node.isArray()) {
            throw invalid(at, "must be an array, not " + Values.typeOf(node));
        }
        List<T> values = new ArrayList<>(node.size());
        for (JsonNode element : node) {
            values.add(value.read(element, Path.index(at, values.size())));
        }
        return values;
    }

    <T> Map<String, T> map(Name name, Value<T> value) {
        JsonNode node = find(name);
        if (node == null) {
            return Map.of();
        }
        Path at = at(name);
        if (!node.isObject()) {
            throw invalid(at, "must be an object, not " + Values.typeOf(node));
        }
        Map<String, T> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            Path here = Path.key(at, entry.getKey());
            Values.checkKey(entry.getKey(), here);
            values.put(entry.getKey(), value.read(entry.getValue(), here));
        }
        return values;
    }

    // ---- one-ofs

    /** The one of these fields that is there. A null is a value in {@code data} alone. */
    Name oneOf(Name... names) {
        Name found = null;
        for (Name name : names) {
            if ((name == Name.DATA ? findWithNull(name) : find(name)) != null) {
                if (found != null) {
                    throw notExactlyOne(names);
                }
                found = name;
            }
        }
        if (found == null) {
            throw notExactlyOne(names);
        }
        return found;
    }

    private InvalidField notExactlyOne(Name... names) {
        return invalid(
                path,
                "exactly one of " + Arrays.stream(names).map(name -> name.json).collect(joining(", "))
                        + " must be set");
    }

    // ---- finding

    Path at(Name name) {
        return Path.field(path, name);
    }

    private JsonNode required(Name name) {
        JsonNode node = find(name);
        if (node == null) {
            throw invalid(at(name), "is required");
        }
        return node;
    }

    private @Nullable JsonNode find(Name name) {
        JsonNode node = findWithNull(name);
        return node == null || node.isNull() ? null : node;
    }

    private @Nullable JsonNode findWithNull(Name name) {
        JsonNode byJsonName = object.get(name.json);
        JsonNode byProtoName = name.twoNames ? object.get(name.proto) : null;
        if (byJsonName != null && byProtoName != null) {
            throw invalid(at(name), "is given twice, as " + name.json + " and as " + name.proto);
        }
        return byJsonName == null ? byProtoName : byJsonName;
    }

    static InvalidField invalid(@Nullable Path at, String problem) {
        return new InvalidField(Path.text(at), problem);
    }
}
