package dev.millrace.grpc;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.millrace.protocol.json.InvalidField;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** JSON and {@code google.protobuf.Value}, which is the same but knows only one kind of number: the double. */
final class Structs {
    /** As deep as the JSON bindings go. */
    private static final int DEEPEST = dev.millrace.protocol.json.JsonText.MAX_VALUE_DEPTH;

    /** Whole numbers up to here have a double of their own (2^53). */
    private static final double EXACT = 9_007_199_254_740_992.0;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Structs() {}

    static Struct struct(ObjectNode object) {
        var struct = Struct.newBuilder();
        object.properties().forEach(field -> struct.putFields(field.getKey(), value(field.getValue())));
        return struct.build();
    }

    static Value value(JsonNode json) {
        var value = Value.newBuilder();
        return switch (json.getNodeType()) {
            case OBJECT -> value.setStructValue(struct((ObjectNode) json)).build();
            case ARRAY -> {
                var list = ListValue.newBuilder();
                json.forEach(element -> list.addValues(value(element)));
                yield value.setListValue(list).build();
            }
            case STRING -> value.setStringValue(json.stringValue()).build();
            case NUMBER -> value.setNumberValue(json.doubleValue()).build();
            case BOOLEAN -> value.setBoolValue(json.booleanValue()).build();
            case NULL, MISSING, BINARY, POJO ->
                value.setNullValue(NullValue.NULL_VALUE).build();
        };
    }

    static ObjectNode object(Struct struct, String path) {
        return object(struct, path, 0);
    }

    static JsonNode json(Value value, String path) {
        return json(value, path, 0);
    }

    private static ObjectNode object(Struct struct, String path, int depth) {
        ObjectNode object = JSON.objectNode();
        struct.getFieldsMap().forEach((key, value) -> object.set(key, json(value, path, depth + 1)));
        return object;
    }

    private static JsonNode json(Value value, String path, int depth) {
        if (depth > DEEPEST) {
            throw new InvalidField(path, "is nested deeper than " + DEEPEST);
        }
        return switch (value.getKindCase()) {
            case STRUCT_VALUE -> object(value.getStructValue(), path, depth);
            case LIST_VALUE -> {
                ArrayNode array = JSON.arrayNode();
                value.getListValue().getValuesList().forEach(element -> array.add(json(element, path, depth + 1)));
                yield array;
            }
            case STRING_VALUE -> JSON.stringNode(value.getStringValue());
            case NUMBER_VALUE -> number(value.getNumberValue(), path);
            case BOOL_VALUE -> JSON.booleanNode(value.getBoolValue());
            case NULL_VALUE, KIND_NOT_SET -> JSON.nullNode();
        };
    }

    /** Whole numbers are written as such, as every other binding would have them. */
    private static JsonNode number(double number, String path) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw new InvalidField(path, "holds a number that JSON has not: " + number);
        }
        if (number == (int) number) {
            return JSON.numberNode((int) number);
        }
        return number == Math.rint(number) && Math.abs(number) <= EXACT
                ? JSON.numberNode((long) number)
                : JSON.numberNode(number);
    }
}
