package dev.millrace.server.cli;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A command line as nearly all are: every option by its whole name and with its value behind it, after a space or {@code =}.
 * To read such a line the command line's library is not needed, and a start that does not load it is sooner by an eighth: its
 * classes are of Java 5, which no AOT cache holds, and are searched for annotations each time.
 *
 * <p>Everything else is left to the library: what is wrong, what asks for help, and whatever it alone understands.
 */
final class PlainOptions {
    /** Takes an option; false if there is none of that name, or its value is not as plain as that. */
    @FunctionalInterface
    interface Taker {
        /** @param value null for a flag */
        boolean take(String name, @Nullable String value);
    }

    private PlainOptions() {}

    /**
     * Gives all options to the taker, in their order.
     *
     * @param flags options without values
     * @param repeated options that may come again
     * @return false if the line is not plain; some options may have been given all the same
     */
    static boolean read(List<String> line, Set<String> flags, Set<String> repeated, Taker taker) {
        var seen = new HashSet<String>();
        for (int i = 0; i < line.size(); i++) {
            String name = line.get(i);
            String value = null;
            int equals = name.indexOf('=');
            if (equals > 0) {
                value = name.substring(equals + 1);
                name = name.substring(0, equals);
            } else if (!flags.contains(name)) {
                value = ++i < line.size() ? line.get(i) : "";
            }
            boolean first = seen.add(name) || repeated.contains(name);
            if (!first || flags.contains(name) != (value == null) || !plain(value) || !taker.take(name, value)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is a value to everybody: no option, no file of arguments ({@code @FILE}), and nothing in quotes. */
    private static boolean plain(@Nullable String value) {
        return value == null || (!value.isBlank() && "-@\"'".indexOf(value.charAt(0)) < 0 && value.indexOf('"') < 0);
    }
}
