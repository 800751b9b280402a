package dev.millrace.agents;

import dev.langchain4j.model.output.FinishReason;
import dev.millrace.agents.ModelFailure.Kind;
import dev.millrace.client.sse.SseOverflow;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Turns what went wrong on the way to a model into a sentence for the one who waits for its answer. */
final class ModelFailures {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /** More of a server's own words than this is noise in a task's status. */
    private static final int QUOTE = 300;

    private ModelFailures() {}

    /** The connection failed. */
    static ModelFailure of(IOException cause, ModelConfig config) {
        String at = config.baseUrl().toString();
        return switch (cause) {
            case ConnectTimeoutException _ ->
                failure(
                        Kind.UNREACHABLE,
                        at + " took no connection within "
                                + seconds(config.times().connect())
                                + ". Check the base URL and the network, then send again.",
                        cause);
            case UnknownHostException _ ->
                failure(Kind.UNREACHABLE, "The host of " + at + " is not known. Check the base URL.", cause);
            case ConnectException _, NoRouteToHostException _ ->
                failure(
                        Kind.UNREACHABLE,
                        "Nothing takes connections at " + at + ". Start the model's server, or check the base URL.",
                        cause);
            case SocketTimeoutException _ ->
                failure(
                        Kind.SILENT,
                        "The model at " + at + " was silent for too long (it may take "
                                + seconds(config.times().firstByte()) + " to begin and "
                                + seconds(config.times().silence())
                                + " between two words). Send again, or raise the time it may take.",
                        cause);
            case SSLException _ ->
                failure(
                        Kind.UNREACHABLE,
                        "No secure connection to " + at + ": " + cause.getMessage()
                                + ". Check that the base URL says http or https rightly, and the server's certificate.",
                        cause);
            case SseOverflow _ ->
                failure(
                        Kind.UNINTELLIGIBLE,
                        "The model's server sent something too large: " + cause.getMessage() + ".",
                        cause);
            default ->
                failure(
                        Kind.CUT_OFF,
                        "The connection to " + at + " broke before the answer was whole. Send again.",
                        cause);
        };
    }

    /** The server answered with an error. */
    static ModelFailure of(int status, byte[] body, HttpHeaders headers, ModelConfig config) {
        Said said = Said.in(body);
        String at = config.baseUrl().toString();
        Duration retryAfter = retryAfter(headers);
        ModelFailure lasting = lasting(said, config);
        if (lasting != null) {
            return lasting;
        }
        if (status >= 500 && said.noSuchModel()) {
            status = 404; // a gateway that has no such model, and never will
        }
        return switch (status) {
            case 401 ->
                failure(
                        Kind.AUTHENTICATION,
                        config.apiKey() == null
                                ? at + " wants an API key and none is set. Set "
                                        + config.provider().keyVariable() + " or the model's apiKey." + said.quoted()
                                : at + " does not accept the API key. Check "
                                        + config.provider().keyVariable() + " or the model's apiKey." + said.quoted());
            case 403 ->
                failure(
                        Kind.AUTHENTICATION,
                        "The API key may not use " + config.model() + " at " + at + ". Use another key or model."
                                + said.quoted());
            case 404 ->
                failure(
                        Kind.NO_SUCH_MODEL,
                        "There is no model " + config.model() + " at " + at
                                + ", or no API of this kind. Check the model's name and the base URL."
                                + said.quoted());
            case 408, 504 ->
                failure(
                        Kind.SILENT,
                        at + " gave up waiting for the model (" + status + "). Send again." + said.quoted());
            case 413 ->
                failure(
                        Kind.TOO_LONG,
                        "The conversation is larger than " + at + " takes. Start a new chat or send less."
                                + said.quoted());
            case 429 ->
                new ModelFailure(
                        Kind.RATE_LIMIT,
                        at + " takes no more requests for now. "
                                + (retryAfter == null ? "Wait a little" : "Wait " + seconds(retryAfter))
                                + ", then send again." + said.quoted(),
                        retryAfter,
                        null);
            case 503, 529 ->
                new ModelFailure(
                        Kind.OVERLOADED,
                        "The model's server at " + at + " has too much to do (" + status + "). Send again in a while."
                                + said.quoted(),
                        retryAfter,
                        null);
            default ->
                status >= 500
                        ? new ModelFailure(
                                Kind.SERVER,
                                "The model's server at " + at + " failed (" + status + "). Send again in a while."
                                        + said.quoted(),
                                retryAfter,
                                null)
                        : failure(
                                Kind.REFUSED,
                                at + " refused the request (" + status + "). Check the model's settings."
                                        + said.quoted());
        };
    }

    /** What no further try would change, whichever way the server says it; null if it is nothing of the kind. */
    private static @Nullable ModelFailure lasting(Said said, ModelConfig config) {
        if (said.tooLong()) {
            return failure(
                    Kind.TOO_LONG,
                    "The conversation is longer than " + config.model()
                            + " takes. Start a new chat, send less, or choose a model with a larger context."
                            + said.quoted());
        }
        return said.noCredit()
                ? failure(
                        Kind.QUOTA,
                        "The account at " + config.baseUrl()
                                + " has no credit left. Add credit there, or use another key." + said.quoted())
                : null;
    }

    /** The server answered well, but not with a stream. */
    static ModelFailure noStream(String contentType, byte[] body, ModelConfig config) {
        Said said = Said.in(body);
        return said.isError
                ? failure(Kind.SERVER, "The model at " + config.baseUrl() + " failed. Send again." + said.quoted())
                : failure(
                        Kind.UNINTELLIGIBLE,
                        config.baseUrl() + " answered with " + contentType
                                + " and not with a stream. Check that the base URL is that of the API of "
                                + config.provider().wireName() + ", and that "
                                + config.model() + " can stream.");
    }

    /** The server broke off its stream with an error; null if this event is none. */
    static @Nullable ModelFailure inStream(String event, ModelConfig config) {
        Said said = Said.in(event.getBytes(StandardCharsets.UTF_8));
        if (!said.isError) {
            return null;
        }
        ModelFailure lasting = lasting(said, config);
        if (lasting != null) {
            return lasting;
        }
        if (said.means("rate_limit", "rate limit")) {
            return failure(
                    Kind.RATE_LIMIT,
                    config.baseUrl() + " takes no more requests for now. Wait a little, then send again."
                            + said.quoted());
        }
        return failure(
                said.means("overloaded") ? Kind.OVERLOADED : Kind.SERVER,
                "The model at " + config.baseUrl() + " failed in the middle of its answer. Send again."
                        + said.quoted());
    }

    /**
     * The answer ended well as far as the connection knows.
     *
     * @param wordless whether it says nothing and wants nothing done
     * @return why it is no answer all the same; null if it is one
     */
    static @Nullable ModelFailure ofEnd(@Nullable FinishReason finish, boolean wordless) {
        if (finish == FinishReason.CONTENT_FILTER) {
            return filtered("");
        }
        if (wordless) {
            return failure(
                    Kind.UNINTELLIGIBLE,
                    finish == FinishReason.LENGTH
                            ? "The model used up its tokens before it said a word. Raise maxTokens."
                            : "The model answered without a word. Send again, or put the question differently.");
        }
        return null;
    }

    /** @param said the provider's own words; empty = it said nothing */
    static ModelFailure filtered(String said) {
        return failure(
                Kind.FILTERED,
                ("The provider's content filter stopped the answer. Put the question differently. " + said).strip());
    }

    /** As much of somebody else's words as fits into a sentence of ours. */
    static String oneLine(String message) {
        String line = message.strip().replaceAll("\\s+", " ");
        return line.length() <= QUOTE ? line : line.substring(0, QUOTE) + "…";
    }

    static ModelFailure failure(Kind kind, String message) {
        return new ModelFailure(kind, message, null, null);
    }

    private static ModelFailure failure(Kind kind, String message, Throwable cause) {
        return new ModelFailure(kind, message, null, cause);
    }

    /** RFC 9110, 10.2.3, as seconds or as a date, by the clock of who says it; or OpenAI's header of milliseconds. */
    private static @Nullable Duration retryAfter(HttpHeaders headers) {
        String millis = headers.firstValue("retry-after-ms").orElse("").strip();
        if (millis.matches("[0-9]{1,12}")) {
            return Duration.ofMillis(Long.parseLong(millis));
        }
        String value = headers.firstValue("retry-after").orElse("").strip();
        return value.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")
                ? Duration.ofMillis((long) (Double.parseDouble(value) * 1000))
                : until(value, headers.firstValue("date").orElse(""));
    }

    private static @Nullable Duration until(String date, String now) {
        try {
            Instant until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date));
            Instant from = now.isBlank()
                    ? Instant.now()
                    : Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(now.strip()));
            return until.isAfter(from) ? Duration.between(from, until) : Duration.ZERO;
        } catch (DateTimeException neither) {
            return null;
        }
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** What a server said of an error: {@code {"error":{"message":…,"code":…}}}, or something like it. */
    record Said(boolean isError, String message, String code) {

        static Said in(byte[] body) {
            try {
                JsonNode json = JSON.readTree(body);
                // {"type":"response.failed","response":{"error":{…}}} is how OpenAI's Responses say it in a stream.
                JsonNode error = json.path("response").path("error").isObject()
                        ? json.path("response").path("error")
                        : json.path("error");
                if (error.isString()) {
                    return new Said(true, error.stringValue(), "");
                }
                boolean there = error.isObject() && !error.isEmpty();
                if (!there && json.path("type").asString("").equals("error")) {
                    return new Said(
                            true,
                            json.path("message").asString(""),
                            json.path("code").asString(""));
                }
                JsonNode from = there ? error : json;
                return new Said(
                        there,
                        from.path("message").asString(""),
                        from.path("code").asString("") + " "
                                + from.path("type").asString("") + " "
                                + from.path("status").asString(""));
            } catch (JacksonException notJson) {
                return new Said(false, "", "");
            }
        }

        boolean tooLong() {
            return means(
                    "context_length",
                    "context length",
                    "context window",
                    "maximum context",
                    "too many tokens",
                    "prompt is too long",
                    "exceeds the maximum number of tokens");
        }

        boolean noCredit() {
            return means("insufficient_quota", "billing", "credit balance");
        }

        boolean noSuchModel() {
            return means("model_not_found", "invalid model", "does not exist");
        }

        boolean means(String... signs) {
            String all = (code + " " + message).toLowerCase(Locale.ROOT);
            for (String sign : signs) {
                if (all.contains(sign)) {
                    return true;
                }
            }
            return false;
        }

        String quoted() {
            return message.isBlank() ? "" : " It said: " + oneLine(message);
        }
    }
}
