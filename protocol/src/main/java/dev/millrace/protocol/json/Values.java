package dev.millrace.protocol.json;

import static dev.millrace.protocol.json.FieldReader.invalid;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** ProtoJSON's readings of single values. */
final class Values {
    /** More characters than any integer needs, "2147483647.000" included; who sends more means no integer. */
    private static final int MAX_INTEGER_LENGTH = 40;

    private Values() {}

    static String text(JsonNode node, Path at) {
        if (!node.isString()) {
            throw invalid(at, "must be a string, not " + typeOf(node));
        }
        return node instanceof WellFormedNode ? node.stringValue() : Unicode.wellFormed(node.stringValue());
    }

    static boolean flag(JsonNode node, Path at) {
        if (!node.isBoolean()) {
            throw invalid(at, "must be true or false, not " + typeOf(node));
        }
        return node.booleanValue();
    }

    /** A whole number, however it is spelled: 5, 5.0, 5e0, "5". */
    static int int32(JsonNode node, Path at) {
        try {
            if (node.isInt()) {
                return node.intValue();
            }
            if (node.isNumber()) {
                return node.decimalValue().intValueExact();
            }
            if (node.isString() && node.stringValue().length() <= MAX_INTEGER_LENGTH) {
                return new BigDecimal(node.stringValue()).intValueExact();
            }
        } catch (ArithmeticException | NumberFormatException | tools.jackson.core.JacksonException e) {
            throw invalid(at, "must be a whole number of 32 bits");
        }
        throw invalid(at, "must be a whole number of 32 bits, not " + typeOf(node));
    }

    /** Base64 in either alphabet, padded or not. */
    static byte[] bytes(JsonNode node, Path at) {
        if (!node.isString()) {
            throw invalid(at, "must be a string of base64, not " + typeOf(node));
        }
        byte[] characters = node.stringValue().getBytes(ISO_8859_1);
        for (int i = 0; i < characters.length; i++) {
            if (characters[i] == '-') {
                characters[i] = '+';
            } else if (characters[i] == '_') {
                characters[i] = '/';
            }
        }
        try {
            return Base64.getDecoder().decode(characters);
        } catch (IllegalArgumentException e) {
            throw invalid(at, "must be base64: " + e.getMessage());
        }
    }

    /** Refuses what a {@code google.protobuf.Value} cannot hold, and what could be read but never be written again. */
    static void check(JsonNode value, Path at) {
        check(value, at, JsonText.MAX_VALUE_DEPTH);
    }

    private static void check(JsonNode value, Path at, int depth) {
        if (value.isContainer() && depth == 0) {
            throw invalid(at, "nests deeper than " + JsonText.MAX_VALUE_DEPTH + " levels");
        }
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> field : value.properties()) {
                checkKey(field.getKey(), at);
                check(field.getValue(), at, depth - 1);
            }
        } else if (value.isArray()) {
            for (JsonNode element : value) {
                check(element, at, depth - 1);
            }
        } else if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue())) {
            throw invalid(at, "has a number beyond the range of a double");
        }
    }

    /** Two keys with halves of surrogate pairs could become one key in UTF-8. */
    static void checkKey(String key, Path at) {
        if (!Unicode.isWellFormed(key)) {
            throw invalid(at, "has a key with half of a surrogate pair");
        }
    }

    static String typeOf(@Nullable JsonNode node) {
        return node == null
                ? "nothing"
                : switch (node.getNodeType()) {
                    case OBJECT -> "an object";
                    case ARRAY -> "an array";
                    case STRING -> "a string";
                    case NUMBER -> "a number";
                    case BOOLEAN -> "true or false";
                    case NULL -> "null";
                    case MISSING -> "nothing";
                    case BINARY, POJO -> "a Java object";
                };
    }
}
