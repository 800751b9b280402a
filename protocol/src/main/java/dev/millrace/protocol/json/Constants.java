package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.FieldReader.invalid;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.SerializedString;
import tools.jackson.databind.JsonNode;

/** An enum on the wire: written by its proto name, read by name or number, where number 0 is "unspecified". */
final class Constants<E extends Enum<E>> {
    private final E[] all;
    private final Function<E, String> wireName;
    private final String unspecified;
    private final Map<String, E> byName = new HashMap<>();
    private final Map<Integer, E> byNumber = new HashMap<>();
    private final Map<E, SerializableString> encoded;

    Constants(E[] all, Function<E, String> wireName, ToIntFunction<E> number, String unspecified) {
        this.all = all;
        this.wireName = wireName;
        this.unspecified = unspecified;
        this.encoded = new EnumMap<>(all[0].getDeclaringClass());
        for (E constant : all) {
            byName.put(wireName.apply(constant), constant);
            byNumber.put(number.applyAsInt(constant), constant);
            encoded.put(constant, new SerializedString(wireName.apply(constant)));
        }
    }

    /** The constant, or null for "unspecified". */
    @Nullable E read(JsonNode node, Path at) {
        if (node.isString()) {
            E constant = byName.get(node.stringValue());
            if (constant != null || unspecified.equals(node.stringValue())) {
                return constant;
            }
        } else if (node.isNumber()) {
            int number = Values.int32(node, at);
            E constant = byNumber.get(number);
            if (constant != null || number == 0) {
                return constant;
            }
        }
        throw invalid(at, "must be one of " + names());
    }

    SerializableString encoded(E constant) {
        return requireNonNull(encoded.get(constant));
    }

    String names() {
        return Arrays.stream(all).map(wireName).collect(joining(", "));
    }
}
