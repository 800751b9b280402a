package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON of one type: what {@link A2aJson} has one of for each type of the model. Safe for any number of threads.
 *
 * @param <T> the type
 */
public final class JsonForm<T> {
    private final FieldReader.Reader<T> reader;
    private final FieldWriter.Writer<T> writer;

    JsonForm(FieldReader.Reader<T> reader, FieldWriter.Writer<T> writer) {
        this.reader = reader;
        this.writer = writer;
    }

    /**
     * The value as UTF-8, in an array of the caller's own.
     *
     * @throws IllegalArgumentException if it holds what JSON cannot: a number that is not finite, a Java object, a time
     *     outside the years 1 to 9999, a value that nests deeper than {@link JsonText#MAX_VALUE_DEPTH}
     */
    public byte[] write(T value) {
        var bytes = new ExactBytes();
        write(value, bytes);
        return bytes.bytes();
    }

    /**
     * The value as UTF-8, to be sent: large texts in it are not copied.
     *
     * @throws IllegalArgumentException as {@link #write(Object)}
     */
    public JsonPieces pieces(T value) {
        var bytes = new ExactBytes();
        write(value, bytes);
        return bytes.pieces();
    }

    /**
     * The same between these bytes, an envelope's for instance, which are not changed any more.
     *
     * @throws IllegalArgumentException as {@link #write(Object)}
     */
    public JsonPieces pieces(T value, byte[] before, byte[] after) {
        var bytes = new ExactBytes();
        bytes.add(before);
        write(value, bytes);
        bytes.add(after);
        return bytes.pieces();
    }

    private void write(T value, ExactBytes to) {
        try (JsonGenerator json = JsonText.generator(to)) {
            new FieldWriter(json).writeObject(value, writer);
        }
    }

    /** The value as text, for people and tests. */
    public String writeText(T value) {
        return new String(write(value), UTF_8);
    }

    /** The value as a tree. */
    public ObjectNode tree(T value) {
        return (ObjectNode) JsonText.parse(write(value));
    }

    /**
     * The value that these bytes (UTF-8) are.
     *
     * @throws MalformedJson if they are no JSON
     * @throws InvalidField if they are JSON, but not of this type
     */
    public T read(byte[] json) {
        return read(JsonText.parse(json));
    }

    /**
     * The value that this tree is; shares the tree's nodes where the type holds JSON values.
     *
     * @throws InvalidField if it is not of this type
     */
    public T read(JsonNode json) {
        return read(json, "");
    }

    /**
     * The value that this tree is, which stands at {@code path} of a larger one: errors name the place in the larger one.
     *
     * @throws InvalidField if it is not of this type
     */
    public T read(JsonNode json, String path) {
        return FieldReader.readObject(json, Path.root(path), reader);
    }
}
