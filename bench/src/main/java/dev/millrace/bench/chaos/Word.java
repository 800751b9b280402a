package dev.millrace.bench.chaos;

import java.util.Arrays;
import java.util.List;

/**
 * One word of a {@link CountingAgent}: {@code r1g2t7:3/40} is the third of forty, by the seventh turn of the second
 * process at the first place.
 */
record Word(String writer, int number, int of) {
    /** Between the process and its turn. */
    static final char TURN = 't';

    static List<Word> all(String text) {
        return Arrays.stream(text.split(" "))
                .filter(word -> !word.isEmpty())
                .map(Word::parse)
                .toList();
    }

    private static Word parse(String word) {
        int colon = word.indexOf(':');
        int slash = word.indexOf('/');
        if (colon < 1 || slash < colon) {
            throw new IllegalArgumentException("no agent says \"" + word + "\"");
        }
        return new Word(
                word.substring(0, colon),
                Integer.parseInt(word.substring(colon + 1, slash)),
                Integer.parseInt(word.substring(slash + 1)));
    }

    static String process(String writer) {
        return writer.substring(0, writer.lastIndexOf(TURN));
    }

    @Override
    public String toString() {
        return writer + ":" + number + "/" + of;
    }
}
