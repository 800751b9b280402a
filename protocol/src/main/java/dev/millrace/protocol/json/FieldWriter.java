package dev.millrace.protocol.json;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the fields of JSON objects by ProtoJSON's rules: what is absent is left out. A method whose name begins with
 * {@code required} always writes its field.
 */
final class FieldWriter {
    /** Writes the fields of a value. */
    @FunctionalInterface
    interface Writer<T> {
        void write(T value, FieldWriter out);
    }

    private final JsonGenerator json;

    FieldWriter(JsonGenerator json) {
        this.json = json;
    }

    <T> void writeObject(T value, Writer<? super T> writer) {
        json.writeStartObject();
        writer.write(value, this);
        json.writeEndObject();
    }

    // ---- strings

    void text(Name name, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            requiredText(name, text);
        }
    }

    void textWithPresence(Name name, @Nullable String text) {
        if (text != null) {
            requiredText(name, text);
        }
    }

    void requiredText(Name name, String text) {
        json.writeName(name.encoded);
        LongText.write(json, text);
    }

    void texts(Name name, List<String> texts) {
        if (!texts.isEmpty()) {
            requiredTexts(name, texts);
        }
    }

    void requiredTexts(Name name, List<String> texts) {
        json.writeName(name.encoded);
        writeTexts(texts);
    }

    private void writeTexts(List<String> texts) {
        json.writeStartArray();
        for (String text : texts) {
            json.writeString(Unicode.wellFormed(text));
        }
        json.writeEndArray();
    }

    void requiredBytes(Name name, byte[] bytes) {
        json.writeName(name.encoded);
        json.writeBinary(bytes);
    }

    // ---- numbers, flags, times, enums

    void int32(Name name, @Nullable Integer number) {
        if (number != null) {
            requiredInt32(name, number);
        }
    }

    void requiredInt32(Name name, int number) {
        json.writeName(name.encoded);
        json.writeNumber(number);
    }

    void flag(Name name, boolean flag) {
        if (flag) {
            flagWithPresence(name, true);
        }
    }

    void flagWithPresence(Name name, @Nullable Boolean flag) {
        if (flag != null) {
            json.writeName(name.encoded);
            json.writeBoolean(flag);
        }
    }

    void timestamp(Name name, @Nullable Instant time) {
        if (time != null) {
            json.writeName(name.encoded);
            json.writeString(Timestamps.write(time));
        }
    }

    <E extends Enum<E>> void constant(Name name, @Nullable E constant, Constants<E> constants) {
        if (constant != null) {
            json.writeName(name.encoded);
            json.writeString(constants.encoded(constant));
        }
    }

    // ---- objects, lists, maps

    <T> void object(Name name, @Nullable T value, Writer<? super T> writer) {
        if (value != null) {
            json.writeName(name.encoded);
            writeObject(value, writer);
        }
    }

    <T> void objects(Name name, List<T> values, Writer<? super T> writer) {
        if (!values.isEmpty()) {
            requiredObjects(name, values, writer);
        }
    }

    <T> void requiredObjects(Name name, List<T> values, Writer<? super T> writer) {
        json.writeName(name.encoded);
        json.writeStartArray();
        for (T value : values) {
            writeObject(value, writer);
        }
        json.writeEndArray();
    }

    <T> void map(Name name, Map<String, T> values, Writer<? super T> writer) {
        if (!values.isEmpty()) {
            json.writeName(name.encoded);
            json.writeStartObject();
            values.forEach((key, value) -> {
                json.writeName(Unicode.wellFormed(key));
                writeObject(value, writer);
            });
            json.writeEndObject();
        }
    }

    void textMap(Name name, Map<String, String> values) {
        if (!values.isEmpty()) {
            requiredTextMap(name, values);
        }
    }

    void requiredTextMap(Name name, Map<String, String> values) {
        json.writeName(name.encoded);
        json.writeStartObject();
        values.forEach((key, value) -> {
            json.writeName(Unicode.wellFormed(key));
            json.writeString(Unicode.wellFormed(value));
        });
        json.writeEndObject();
    }

    // ---- JSON values

    void struct(Name name, @Nullable ObjectNode struct) {
        if (struct != null) {
            value(name, struct);
        }
    }

    void value(Name name, JsonNode value) {
        json.writeName(name.encoded);
        write(value, JsonText.MAX_VALUE_DEPTH);
    }

    private void write(JsonNode value, int depth) {
        if (value.isContainer() && depth == 0) {
            throw new IllegalArgumentException(
                    "a JSON value may nest " + JsonText.MAX_VALUE_DEPTH + " levels, and this one nests deeper");
        }
        switch (value.getNodeType()) {
            case OBJECT -> {
                json.writeStartObject();
                for (Map.Entry<String, JsonNode> field : value.properties()) {
                    json.writeName(Unicode.wellFormed(field.getKey()));
                    write(field.getValue(), depth - 1);
                }
                json.writeEndObject();
            }
            case ARRAY -> {
                json.writeStartArray();
                for (JsonNode element : value) {
                    write(element, depth - 1);
                }
                json.writeEndArray();
            }
            case STRING -> LongText.write(json, value.stringValue());
            case NUMBER -> writeNumber(value);
            case BOOLEAN -> json.writeBoolean(value.booleanValue());
            case NULL, MISSING -> json.writeNull();
            case BINARY -> json.writeBinary(value.binaryValue());
            case POJO -> throw new IllegalArgumentException("a Java object in a JSON value has no JSON: " + value);
        }
    }

    private void writeNumber(JsonNode number) {
        switch (number.numberType()) {
            case INT -> json.writeNumber(number.intValue());
            case LONG -> json.writeNumber(number.longValue());
            case BIG_INTEGER -> json.writeNumber(number.bigIntegerValue());
            case BIG_DECIMAL -> json.writeNumber(number.decimalValue());
            case FLOAT, DOUBLE -> {
                if (!Double.isFinite(number.doubleValue())) {
                    throw new IllegalArgumentException("JSON has no number " + number.doubleValue());
                }
                json.writeNumber(number.doubleValue());
            }
        }
    }
}
