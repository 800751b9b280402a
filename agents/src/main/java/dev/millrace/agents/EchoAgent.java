package dev.millrace.agents;

import dev.millrace.engine.Agent;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers {@code Echo: } and the message's text, a word at a time. Made for trying things out and for measuring: what
 * it will say is known beforehand.
 *
 * <p>The answer is cut after each run of whitespace, so that its chunks put together are the answer exactly: {@code
 * "hello  world"} gives {@code "Echo: "}, {@code "hello  "}, {@code "world"}. Three fields of the message's metadata
 * change what it does; a message with any other value of them is rejected.
 *
 * <ul>
 *   <li>{@code delayMs}: wait so many milliseconds before each chunk; a whole number from 0 to {@value #MOST}.
 *   <li>{@code words}: count to this number instead: {@code 3} gives {@code "1 "}, {@code "2 "}, {@code "3"}. The same
 *       numbers.
 *   <li>{@code tools}: ask the user's client to run these tools instead, {@code [{"name":"now","arguments":{}}]}, at most
 *       {@value #MOST_TOOLS}; the arguments may be left out. The calls have the ids {@code call-1}, {@code call-2}, ….
 *       Their results are echoed as the JSON in which they came.
 * </ul>
 */
public final class EchoAgent implements Agent {
    /** The largest {@code delayMs} (a little over a quarter of an hour) and the largest number of {@code words}. */
    static final int MOST = 1_000_000;

    /** The largest number of {@code tools}. */
    static final int MOST_TOOLS = 100;

    private static final Pattern WORD = Pattern.compile("\\S*\\s*");

    private final Pause pause;

    public EchoAgent() {
        this(Thread::sleep);
    }

    EchoAgent(Pause pause) {
        this.pause = pause;
    }

    @Override
    public void run(Turn turn) throws InterruptedException {
        ObjectNode metadata = turn.message().metadata();
        int delayMs;
        int words;
        List<ToolCall> tools;
        try {
            delayMs = wholeNumber(metadata, "delayMs", 0);
            words = wholeNumber(metadata, "words", -1);
            tools = tools(metadata);
        } catch (BadMetadata wrong) {
            turn.reject(wrong.reason);
            return;
        }
        Duration delay = Duration.ofMillis(delayMs);
        if (!tools.isEmpty()) {
            turn.ask("", tools);
        } else if (words >= 0) {
            count(turn, words, delay);
        } else {
            echo(turn, delay);
        }
    }

    private void echo(Turn turn, Duration delay) throws InterruptedException {
        Matcher word = WORD.matcher("Echo: " + turn.message().text() + results(turn.message()));
        while (word.find() && !word.group().isEmpty()) {
            say(turn, word.group(), delay);
        }
    }

    private static String results(Message message) {
        return ToolResult.in(message).stream()
                .map(result ->
                        result.id() + " " + (result.result() == null ? "failed: " + result.error() : result.result()))
                .collect(Collectors.joining(", "));
    }

    private void count(Turn turn, int words, Duration delay) throws InterruptedException {
        for (int i = 1; i <= words; i++) {
            say(turn, i < words ? i + " " : Integer.toString(i), delay);
        }
    }

    private void say(Turn turn, String chunk, Duration delay) throws InterruptedException {
        if (delay.isPositive()) {
            pause.of(delay);
        }
        turn.say(chunk);
    }

    private static int wholeNumber(@Nullable ObjectNode metadata, String field, int absent) throws BadMetadata {
        JsonNode value = metadata == null ? null : metadata.get(field);
        if (value == null || value.isNull()) {
            return absent;
        }
        // A number that came through a protocol buffer is a double: 3 is 3.0 there.
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= 0 && number <= MOST && number == Math.rint(number))) {
            throw new BadMetadata(
                    "metadata." + field + " must be a whole number from 0 to " + MOST + ", but it is " + value);
        }
        return (int) number;
    }

    private static List<ToolCall> tools(@Nullable ObjectNode metadata) throws BadMetadata {
        JsonNode tools = metadata == null ? null : metadata.get("tools");
        if (tools == null || tools.isNull()) {
            return List.of();
        }
        if (!(tools instanceof ArrayNode) || tools.isEmpty() || tools.size() > MOST_TOOLS) {
            throw new BadMetadata("metadata.tools must be an array of 1 to " + MOST_TOOLS + " tools");
        }
        var calls = new ArrayList<ToolCall>();
        for (JsonNode tool : tools) {
            JsonNode name = tool.path("name");
            JsonNode arguments = tool.path("arguments");
            if (!name.isString()
                    || name.stringValue().isEmpty()
                    || !(arguments.isMissingNode() || arguments.isObject())) {
                throw new BadMetadata("metadata.tools[" + calls.size()
                        + "] must be an object with a name and, maybe, an object of arguments");
            }
            ObjectNode given = arguments instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
            calls.add(new ToolCall("call-" + (calls.size() + 1), name.stringValue(), given));
        }
        return calls;
    }

    private static final class BadMetadata extends Exception {
        private static final long serialVersionUID = 1L;
        private final String reason;

        BadMetadata(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }
    }
}
