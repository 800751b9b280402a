package dev.millrace.server.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The environment's variables, which a text of the file may name as <code>${NAME}</code>; <code>$$</code> is a dollar sign. */
final class Variables {
    private static final Pattern NAMED = Pattern.compile("\\$(?:(\\$)|\\{([A-Za-z_][A-Za-z0-9_]*)}|(\\{))");

    private final Map<String, String> environment;

    Variables(Map<String, String> environment) {
        this.environment = environment;
    }

    /** All of them. */
    Map<String, String> environment() {
        return environment;
    }

    /** The text with its variables filled in. */
    String in(String setting, String text) {
        Matcher named = NAMED.matcher(text);
        var filled = new StringBuilder();
        while (named.find()) {
            named.appendReplacement(filled, Matcher.quoteReplacement(value(setting, named)));
        }
        return named.appendTail(filled).toString();
    }

    private String value(String setting, Matcher named) {
        if (named.group(1) != null) {
            return "$";
        }
        if (named.group(3) != null) {
            throw new BadSetting(setting, "\"${\" must be followed by a variable's name and \"}\"; a dollar is \"$$\"");
        }
        @Nullable String value = environment.get(named.group(2));
        if (value == null) {
            throw new BadSetting(setting, "the environment variable " + named.group(2) + " is not set");
        }
        return value;
    }
}
