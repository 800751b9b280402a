package dev.millrace.files.http;

import dev.millrace.files.FileInfo;
import dev.millrace.files.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The file name for a reader to save under (RFC 6266), and whether a browser may show the file in place. */
public final class ContentDisposition {
    private static final String ATTR_CHARS = "!#$&+-.^_`|~";
    private static final String NO_NAME = "file";

    private ContentDisposition() {}

    /**
     * For a file: in place if its type is safe there ({@link MediaTypes#safeInline}), else as an attachment, and in a
     * sandbox for readers that show it all the same.
     */
    static Map<String, String> headers(FileInfo file, FileAnswer.Wish wish) {
        if (wish == FileAnswer.Wish.SAVE) {
            return Map.of("Content-Disposition", of("attachment", file.name()));
        }
        return MediaTypes.safeInline(file.mediaType())
                ? Map.of("Content-Disposition", of("inline", file.name()))
                : Map.of(
                        "Content-Disposition",
                        of("attachment", file.name()),
                        "Content-Security-Policy",
                        "default-src 'none'; sandbox");
    }

    /**
     * {@code inline; filename="name.txt"}; a name that is not plain ASCII is given a second time, encoded by RFC 8187.
     * Control characters and what separates folders are dropped.
     *
     * @param type {@code inline} or {@code attachment}
     */
    public static String of(String type, String fileName) {
        String name = clean(fileName);
        String ascii = asciiOf(name);
        String plain = type + "; filename=\"" + ascii + '"';
        return ascii.equals(name) ? plain : plain + "; filename*=UTF-8''" + encode(name);
    }

    private static String clean(String fileName) {
        StringBuilder name = new StringBuilder();
        fileName.codePoints()
                .filter(c -> c != '/' && c != '\\' && !Character.isISOControl(c) && !isInvisible(c))
                .forEach(name::appendCodePoint);
        String stripped = name.toString().strip();
        return stripped.isEmpty() || stripped.equals(".") || stripped.equals("..") ? NO_NAME : stripped;
    }

    /** Marks that change the direction of text can make {@code exe.jpg} look like {@code gpj.exe}. */
    private static boolean isInvisible(int c) {
        int type = Character.getType(c);
        return type == Character.FORMAT
                || type == Character.SURROGATE
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }

    /** Quotes are replaced rather than escaped, and per cent signs too, since browsers disagree about both. */
    private static String asciiOf(String name) {
        StringBuilder ascii = new StringBuilder();
        name.codePoints().map(c -> c > 0x7E || c == '"' || c == '%' ? '_' : c).forEach(ascii::appendCodePoint);
        return ascii.toString();
    }

    private static String encode(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (isAsciiLetterOrDigit(c) || ATTR_CHARS.indexOf(c) >= 0) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }

    private static boolean isAsciiLetterOrDigit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
}
