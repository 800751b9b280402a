package dev.millrace.engine.store;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What a search takes for words: runs of letters and digits, without case and accents. */
public final class Words {
    private static final Pattern BETWEEN = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final Pattern ACCENTS = Pattern.compile("\\p{M}+");

    private Words() {}

    /** The words of a text, in order. */
    public static List<String> of(String text) {
        String plain =
                ACCENTS.matcher(Normalizer.normalize(text, Normalizer.Form.NFD)).replaceAll("");
        var words = new ArrayList<String>();
        for (String word : BETWEEN.split(plain.toLowerCase(Locale.ROOT), -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    /** The words of a text, each behind a space: what {@link #begin} looks through. */
    public static String plain(String text) {
        List<String> words = of(text);
        return words.isEmpty() ? "" : " " + String.join(" ", words);
    }

    /**
     * Whether each of these words begins a word of the text.
     *
     * @param plain the text, as {@link #plain} gives it
     */
    public static boolean begin(List<String> wanted, String plain) {
        return wanted.stream().allMatch(word -> plain.contains(" " + word));
    }
}
