package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/** JSON text and its limits: the one place where Jackson is set up. Safe for any number of threads. */
public final class JsonText {
    /** How deep a JSON-valued field (metadata, data, params) may nest. */
    public static final int MAX_VALUE_DEPTH = 100;

    /**
     * How deep a document may nest: what a value may, and room for the deepest place where one can stand
     * ({@code result.tasks[].history[].parts[].data} in an envelope), so that what was read can always be written.
     */
    public static final int MAX_DEPTH = MAX_VALUE_DEPTH + 28;

    /** How long a string may be, in characters: 64 Mi, a file of 48 MiB in base64. */
    public static final int MAX_STRING_LENGTH = 64 << 20;

    /** How many digits a number may have: Jackson's default. Reading a number costs more than linear time. */
    public static final int MAX_NUMBER_LENGTH = 1_000;

    /** Jackson also says where an object began, in words about itself. */
    private static final Pattern PARSERS_OWN_PLACE = Pattern.compile(" ?\\(start marker at .*");

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_STRING_LENGTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .build())
            .streamWriteConstraints(
                    StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private JsonText() {}

    /**
     * The one value that these bytes are.
     *
     * @throws MalformedJson if they are no JSON, more than one value, have a key twice, or are beyond a limit
     */
    public static JsonNode parse(byte[] json) {
        try (JsonParser parser = parser(json)) {
            JsonNode tree = tree(parser, json);
            requireEnd(parser);
            return tree;
        } catch (JacksonException e) {
            throw malformed(e);
        }
    }

    /**
     * A parser with these limits, for who must see the tokens as they were written. Its exceptions are Jackson's: turn
     * them by {@link #malformed}.
     */
    public static JsonParser parser(byte[] json) {
        return FACTORY.createParser(ObjectReadContext.empty(), json);
    }

    /**
     * The value that begins at the parser's current token, or at its next one if it has none yet.
     *
     * @param json what the parser reads
     * @throws MalformedJson if the text ended before
     */
    public static JsonNode tree(JsonParser parser, byte[] json) {
        JsonToken token = parser.currentToken();
        return new TreeReader(parser, json).value(token == null ? parser.nextToken() : token);
    }

    /** Checks that nothing but space follows what the parser has read. */
    public static void requireEnd(JsonParser parser) {
        if (parser.nextToken() != null) {
            var at = parser.currentTokenLocation();
            throw new MalformedJson("there is more after the end of the value", at.getLineNr(), at.getColumnNr());
        }
    }

    /** This text as a JSON string, quotes included. */
    public static String quote(String text) {
        var bytes = new ExactBytes();
        try (JsonGenerator json = generator(bytes)) {
            json.writeString(Unicode.wellFormed(text));
        }
        return new String(bytes.bytes(), UTF_8);
    }

    /** The same problem in our words. */
    public static MalformedJson malformed(JacksonException e) {
        var at = e.getLocation();
        String problem = PARSERS_OWN_PLACE.matcher(e.getOriginalMessage()).replaceAll("");
        return at == null
                ? new MalformedJson(problem, 0, 0)
                : new MalformedJson(problem, Math.max(at.getLineNr(), 0), Math.max(at.getColumnNr(), 0));
    }

    static JsonGenerator generator(ExactBytes out) {
        return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
    }
}
