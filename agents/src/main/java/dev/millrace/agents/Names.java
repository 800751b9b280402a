package dev.millrace.agents;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names of tools, where a {@code *} stands for any letters, or none. Immutable. */
public final class Names {
    private final Pattern pattern;

    public Names(List<String> names) {
        pattern = Pattern.compile(names.stream().map(Names::quoted).collect(Collectors.joining("|")));
    }

    private static String quoted(String name) {
        var pattern = new StringBuilder();
        int from = 0;
        for (int star = name.indexOf('*'); star >= 0; star = name.indexOf('*', from)) {
            pattern.append(Pattern.quote(name.substring(from, star))).append(".*");
            from = star + 1;
        }
        return pattern.append(Pattern.quote(name.substring(from))).toString();
    }

    /** Whether it is one of them. */
    public boolean have(String name) {
        return pattern.matcher(name).matches();
    }
}
