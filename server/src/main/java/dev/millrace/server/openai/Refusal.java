package dev.millrace.server.openai;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request that is not done, as OpenAI's clients are told of it. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable String param;
    private final transient Map<String, String> headers;

    /**
     * @param status of HTTP
     * @param code what it is, for programs
     * @param param the field at fault; null = none
     * @param message what was wrong and what to do
     */
    Refusal(int status, String code, @Nullable String param, String message, Map<String, String> headers) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.param = param;
        this.headers = headers;
    }

    /** A field that says what it must not. */
    static Refusal invalid(String param, String problem) {
        return new Refusal(400, "invalid_value", param, param + ": " + problem, Map.of());
    }

    /** Something that OpenAI has and this server has not. */
    static Refusal unsupported(String param, String problem) {
        return new Refusal(400, "unsupported_parameter", param, param + ": " + problem, Map.of());
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    @Nullable String param() {
        return param;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    Map<String, String> headers() {
        return headers;
    }
}
