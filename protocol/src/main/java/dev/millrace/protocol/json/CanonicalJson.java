package dev.millrace.protocol.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import tools.jackson.databind.JsonNode;

/**
 * JSON in its canonical form (RFC 8785): the same bytes for the same value, whoever writes them, so that they can be signed.
 * No space, members in the order of their names' UTF-16 code units, numbers as ECMAScript writes them.
 */
public final class CanonicalJson {
    private CanonicalJson() {}

    /**
     * The canonical form, in UTF-8.
     *
     * @throws IllegalArgumentException if the value has none: a number that is no finite double, or a lone surrogate
     */
    public static byte[] of(JsonNode value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonNode value, StringBuilder out) {
        switch (value.getNodeType()) {
            case OBJECT -> {
                // String's own order is that of UTF-16 code units.
                var names = new ArrayList<>(value.propertyNames());
                names.sort(null);
                String before = "{";
                for (String name : names) {
                    out.append(before);
                    string(name, out);
                    out.append(':');
                    write(value.get(name), out);
                    before = ",";
                }
                out.append(names.isEmpty() ? "{}" : "}");
            }
            case ARRAY -> {
                String before = "[";
                for (JsonNode element : value) {
                    out.append(before);
                    write(element, out);
                    before = ",";
                }
                out.append(value.isEmpty() ? "[]" : "]");
            }
            case STRING -> string(value.stringValue(), out);
            case NUMBER -> out.append(number(value.doubleValue()));
            case BOOLEAN -> out.append(value.booleanValue());
            case NULL -> out.append("null");
            default -> throw new IllegalArgumentException("no JSON value: " + value.getNodeType());
        }
    }

    private static void string(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        requireWhole(text, i);
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static void requireWhole(String text, int i) {
        char c = text.charAt(i);
        boolean lone = Character.isHighSurrogate(c)
                ? i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))
                : Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
        if (lone) {
            throw new IllegalArgumentException("a lone surrogate has no canonical form");
        }
    }

    /** As ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20): Java's digits, its own notation. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("JSON has no " + value);
        }
        if (value == 0) {
            return "0";
        }
        if (value < 0) {
            return "-" + number(-value);
        }
        // The shortest digits that read back as the same number. Java finds them, too (since JDK 19), but gives two
        // where
        // one would do.
        var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        var shorter = decimal.round(new MathContext(1));
        if (shorter.doubleValue() == value) {
            decimal = shorter.stripTrailingZeros();
        }
        String digits = decimal.unscaledValue().toString();
        int k = digits.length();
        int n = k - decimal.scale();
        if (k <= n && n <= 21) {
            return digits + "0".repeat(n - k);
        }
        if (0 < n && n <= 21) {
            return digits.substring(0, n) + "." + digits.substring(n);
        }
        if (-6 < n && n <= 0) {
            return "0." + "0".repeat(-n) + digits;
        }
        String exponent = (n > 0 ? "e+" : "e-") + Math.abs(n - 1);
        return k == 1 ? digits + exponent : digits.charAt(0) + "." + digits.substring(1) + exponent;
    }
}
