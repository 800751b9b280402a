package dev.millrace.server.chat;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads query parameters; what is wrong with one is said by its name. */
final class Parameters {
    private Parameters() {}

    /** How many entries a page may have: from 1 to {@code max}, or {@code otherwise} if it was not sent. */
    static int limit(Exchange exchange, int otherwise, int max) throws HttpProblem {
        return count(exchange, "limit", otherwise, max);
    }

    /** A number from 1 to {@code max}, or {@code otherwise} if it was not sent. */
    static int count(Exchange exchange, String name, int otherwise, int max) throws HttpProblem {
        Optional<String> sent = exchange.queryParameter(name);
        if (sent.isEmpty()) {
            return otherwise;
        }
        Long number = digits(sent.get());
        if (number == null || number < 1 || number > max) {
            throw Problems.parameter(name, "must be a whole number from 1 to " + max + ", not \"" + sent.get() + "\"");
        }
        return number.intValue();
    }

    /** True or false; null if it was not sent. */
    static @Nullable Boolean flag(Exchange exchange, String name) throws HttpProblem {
        String sent = exchange.queryParameter(name).orElse(null);
        if (sent == null) {
            return null;
        }
        return switch (sent) {
            case "true" -> true;
            case "false" -> false;
            default -> throw Problems.parameter(name, "must be true or false, not \"" + sent + "\"");
        };
    }

    /** An offset that the chat has, or 0, its beginning. */
    static long offset(String name, String sent, long last) throws HttpProblem {
        Long number = digits(sent);
        if (number == null || number > last) {
            throw Problems.parameter(
                    name,
                    "must be an offset of this stream, a whole number from 0 (its beginning) to " + last
                            + " (its last event), not \"" + sent + "\"");
        }
        return number;
    }

    /** ASCII digits alone, so that there is one way to write a number; null for anything else. */
    private static @Nullable Long digits(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
