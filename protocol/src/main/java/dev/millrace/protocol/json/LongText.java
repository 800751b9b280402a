package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Long texts to and from JSON strings: encoded and decoded by the JDK, which does it with vectors, and searched for what
 * must be escaped, or was, eight bytes at a time. A parser and a generator that go character by character take five times
 * as long over a megabyte of plain text. What is escaped, and how, is the generator's own way.
 */
final class LongText {
    /** Shorter ones cost the parser and the generator less than what is done here does. */
    static final int LONG = 512;

    private static final byte[] HEX = "0123456789ABCDEF".getBytes(UTF_8);

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH = 0x8080_8080_8080_8080L;
    private static final long QUOTES = '"' * ONES;
    private static final long BACKSLASHES = '\\' * ONES;
    private static final long SPACES = ' ' * ONES;
    private static final long QUESTION_MARKS = '?' * ONES;

    private LongText() {}

    // ---- writing

    /** Writes the text; each half of a surrogate pair becomes U+FFFD. */
    static void write(JsonGenerator json, String text) {
        if (text.length() < LONG) {
            json.writeString(Unicode.wellFormed(text));
            return;
        }
        byte[] all = RecentTexts.json(text);
        if (all == null) {
            byte[] plain = utf8(text);
            int more = escaping(plain);
            all = more == 0 ? plain : escaped(plain, Math.addExact(plain.length, more));
            RecentTexts.remember(text, all);
        }
        if (json.streamWriteOutputTarget() instanceof ExactBytes out) {
            out.mayKeep(all);
        }
        json.writeRawUTF8String(all, 0, all.length);
    }

    private static byte[] utf8(String text) {
        byte[] plain = text.getBytes(UTF_8);
        boolean wellFormed = plain.length == text.length() ? isAscii(text, plain) : Unicode.isWellFormed(text);
        return wellFormed ? plain : Unicode.wellFormed(text).getBytes(UTF_8);
    }

    /**
     * Whether each of its question marks is the text's own, and not what the JDK writes for half of a pair; all else that it
     * writes in one byte is ASCII.
     *
     * @param plain the text, of one byte for each character
     */
    private static boolean isAscii(String text, byte[] plain) {
        for (int i = questionMark(plain, 0); i < plain.length; i = questionMark(plain, i + 1)) {
            if (text.charAt(i) != '?') {
                return false;
            }
        }
        return true;
    }

    /** By how much escaping makes it longer. */
    private static int escaping(byte[] plain) {
        int more = 0;
        for (int i = special(plain, 0); i < plain.length; i = special(plain, i + 1)) {
            byte b = plain[i];
            more += b == '"' || b == '\\' || shortEscape(b) != 0 ? 1 : 5;
        }
        return more;
    }

    private static byte[] escaped(byte[] plain, int length) {
        byte[] all = new byte[length];
        int to = 0;
        int from = 0;
        while (from < plain.length) {
            int next = special(plain, from);
            System.arraycopy(plain, from, all, to, next - from);
            to += next - from;
            if (next < plain.length) {
                to = escape(plain[next], all, to);
            }
            from = next + 1;
        }
        return all;
    }

    private static int escape(byte b, byte[] all, int at) {
        int to = at;
        all[to++] = '\\';
        byte letter = shortEscape(b);
        if (letter != 0) {
            all[to++] = letter;
        } else {
            all[to++] = 'u';
            all[to++] = '0';
            all[to++] = '0';
            all[to++] = HEX[b >> 4];
            all[to++] = HEX[b & 15];
        }
        return to;
    }

    /** The letter or sign after the backslash; 0 if there is none, and its number must be written. */
    private static byte shortEscape(byte b) {
        return (byte)
                switch (b) {
                    case '"', '\\' -> b;
                    case '\b' -> 'b';
                    case '\t' -> 't';
                    case '\n' -> 'n';
                    case '\f' -> 'f';
                    case '\r' -> 'r';
                    default -> 0;
                };
    }

    // ---- reading

    /**
     * The text of the JSON string that begins at {@code at}, well formed; null if it is for the parser to read: it is not long, or there
     * is something about it that the parser may have to complain of.
     *
     * @param at where the parser says that a string begins; negative if it does not know
     */
    static @Nullable String read(byte[] json, long at) {
        if (at < 0 || at + LONG >= json.length || json[(int) at] != '"') {
            return null;
        }
        int from = (int) at + 1;
        int end = special(json, from);
        boolean escapes = false;
        while (end < json.length && json[end] == '\\') {
            escapes = true;
            end = special(json, end + 2);
        }
        int length = end - from;
        if (end >= json.length || json[end] != '"' || length < LONG || length > JsonText.MAX_STRING_LENGTH) {
            return null;
        }
        if (!escapes) {
            String text = decoded(json, from, length);
            if (text != null && length >= RecentTexts.WORTH_IT) {
                RecentTexts.remember(text, Arrays.copyOfRange(json, from, end)); // it would be written just so
            }
            return text;
        }
        byte[] plain = new byte[length];
        int size = unescape(json, from, end, plain);
        return size < 0 ? null : decoded(plain, 0, size);
    }

    private static @Nullable String decoded(byte[] utf8, int from, int length) {
        String text = new String(utf8, from, length, UTF_8);
        // What stands for bytes that are no UTF-8. It may also have been sent: the parser can tell.
        return text.indexOf('\uFFFD') < 0 ? text : null;
    }

    /** Writes what stands between the quotes as it was before it was escaped; negative if that can't be written in UTF-8. */
    private static int unescape(byte[] json, int begin, int end, byte[] plain) {
        int to = 0;
        int from = begin;
        while (from < end) {
            int next = Math.min(end, special(json, from));
            System.arraycopy(json, from, plain, to, next - from);
            to += next - from;
            from = next;
            if (from < end) {
                int character = character(json, from + 1);
                if (character < 0) {
                    return -1;
                }
                from += json[from + 1] == 'u' ? 6 : 2;
                if (Character.isHighSurrogate((char) character)
                        && json[from] == '\\'
                        && json[from + 1] == 'u'
                        && Character.isLowSurrogate((char) character(json, from + 1))) {
                    character = Character.toCodePoint((char) character, (char) character(json, from + 1));
                    from += 6;
                } else if (Character.isSurrogate((char) character)) {
                    return -1;
                }
                to = encode(character, plain, to);
            }
        }
        return to;
    }

    /** What is escaped after a backslash, half of a pair perhaps; negative if nothing can be. */
    private static int character(byte[] json, int at) {
        return switch (json[at]) {
            case '"', '\\', '/' -> json[at];
            case 'b' -> '\b';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'f' -> '\f';
            case 'r' -> '\r';
            case 'u' -> hex(json, at + 1);
            default -> -1;
        };
    }

    private static int hex(byte[] json, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            int digit = i < json.length ? Character.digit(json[i], 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = 16 * value + digit;
        }
        return value;
    }

    /** As UTF-8 (RFC 3629, section 3). An escape is never shorter than what it stands for. */
    private static int encode(int codePoint, byte[] plain, int at) {
        int to = at;
        if (codePoint < 0x80) {
            plain[to++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            plain[to++] = (byte) (0xC0 | (codePoint >> 6));
            plain[to++] = further(codePoint);
        } else if (codePoint < 0x10000) {
            plain[to++] = (byte) (0xE0 | (codePoint >> 12));
            plain[to++] = further(codePoint >> 6);
            plain[to++] = further(codePoint);
        } else {
            plain[to++] = (byte) (0xF0 | (codePoint >> 18));
            plain[to++] = further(codePoint >> 12);
            plain[to++] = further(codePoint >> 6);
            plain[to++] = further(codePoint);
        }
        return to;
    }

    private static byte further(int bits) {
        return (byte) (0x80 | (bits & 0x3F));
    }

    // ---- eight bytes at a time

    /** The next byte from there on that a JSON string can't hold as it is: a quote, a backslash, a control; else the length. */
    private static int special(byte[] bytes, int from) {
        int i = from;
        for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
            long eight = (long) EIGHT.get(bytes, i);
            // A byte from which too much is taken gets its high bit, and so may those above it (Hacker's Delight).
            // Bytes from 0x80 on, which may stand as they are, have it anyhow.
            long found = ((eight ^ QUOTES) - ONES | (eight ^ BACKSLASHES) - ONES | eight - SPACES) & ~eight & HIGH;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        for (; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b == '"' || b == '\\' || (b >= 0 && b < ' ')) {
                return i;
            }
        }
        return bytes.length;
    }

    /** The next question mark from there on; else the length. */
    private static int questionMark(byte[] bytes, int from) {
        int i = from;
        for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
            long other = (long) EIGHT.get(bytes, i) ^ QUESTION_MARKS;
            long found = (other - ONES) & ~other & HIGH;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (i < bytes.length && bytes[i] != '?') {
            i++;
        }
        return i;
    }
}
