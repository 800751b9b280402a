package dev.millrace.protocol.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * The one text that a JSON value has in the canonical form of RFC 8785, so that it can be signed: keys in the order of
 * their UTF-16 code units, no space, numbers as ECMAScript writes them.
 */
public final class CanonicalJson {
    private CanonicalJson() {}

    /**
     * The canonical form in UTF-8.
     *
     * @throws IllegalArgumentException if the value holds a number that is beyond a double, or half a surrogate pair,
     *     which have no canonical form
     */
    public static byte[] of(JsonNode json) {
        var out = new StringBuilder();
        write(json, out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonNode json, StringBuilder out) {
        switch (json.getNodeType()) {
            case OBJECT -> {
                var fields = new TreeMap<String, JsonNode>(); // a String's own order is that of its UTF-16 code units
                json.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
                char before = '{';
                for (var field : fields.entrySet()) {
                    out.append(before);
                    string(field.getKey(), out);
                    out.append(':');
                    write(field.getValue(), out);
                    before = ',';
                }
                out.append(fields.isEmpty() ? "{}" : "}");
            }
            case ARRAY -> {
                char before = '[';
                for (JsonNode element : json) {
                    out.append(before);
                    write(element, out);
                    before = ',';
                }
                out.append(json.isEmpty() ? "[]" : "]");
            }
            case STRING -> string(json.stringValue(), out);
            case NUMBER -> out.append(number(json.doubleValue()));
            case BOOLEAN -> out.append(json.booleanValue());
            case NULL -> out.append("null");
            case MISSING, BINARY, POJO -> throw new IllegalArgumentException("this is no JSON: " + json);
        }
    }

    /** RFC 8785, 3.2.2.2. */
    private static void string(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\f' -> out.append("\\f");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else if (Character.isSurrogate(c)) {
                        i = pair(text, i, out);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static int pair(String text, int at, StringBuilder out) {
        int codePoint = text.codePointAt(at);
        if (Character.charCount(codePoint) != 2) {
            throw new IllegalArgumentException("half a surrogate pair has no canonical form");
        }
        out.appendCodePoint(codePoint);
        return at + 1;
    }

    /** A number as ECMAScript writes it (ECMA-262, Number::toString): the fewest digits that mean this very double. */
    static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("a number beyond a double has no canonical form");
        }
        if (value == 0) {
            return "0"; // -0, too
        }
        BigDecimal decimal = shortest(Math.abs(value));
        String digits = decimal.unscaledValue().toString();
        int point = digits.length() - decimal.scale(); // the decimal point stands after so many digits
        String sign = value < 0 ? "-" : "";
        if (point >= digits.length() && point <= 21) {
            return sign + digits + "0".repeat(point - digits.length());
        }
        if (point > 0 && point <= 21) {
            return sign + digits.substring(0, point) + "." + digits.substring(point);
        }
        if (point > -6 && point <= 0) {
            return sign + "0." + "0".repeat(-point) + digits;
        }
        String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
        int exponent = point - 1;
        return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + Math.abs(exponent);
    }

    /** Java's own text has two digits at least, also where one would mean the same double. */
    private static BigDecimal shortest(double value) {
        var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (decimal.precision() == 2) {
            BigDecimal oneDigit = decimal.round(new MathContext(1)).stripTrailingZeros();
            return oneDigit.doubleValue() == value ? oneDigit : decimal;
        }
        return decimal;
    }
}
