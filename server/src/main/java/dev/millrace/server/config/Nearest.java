package dev.millrace.server.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody meant to type. */
final class Nearest {
    private Nearest() {}

    /** The known word that is at most two edits (or a third of the word) away, the nearest first. */
    static Optional<String> to(String typed, Collection<String> known) {
        int best = Math.max(2, typed.length() / 3) + 1;
        String nearest = null;
        for (String word : known) {
            int edits = edits(plain(typed), plain(word));
            if (edits < best) {
                best = edits;
                nearest = word;
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** Case and dashes are the commonest of all slips: {@code public-url} for {@code publicUrl}. */
    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** Levenshtein's distance. */
    private static int edits(String a, String b) {
        int[] before = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] now = new int[b.length() + 1];
            now[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int swap = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(swap, 1 + Math.min(before[j], now[j - 1]));
            }
            before = now;
        }
        return before[b.length()];
    }
}
