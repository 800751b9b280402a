package dev.millrace.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's path, taken apart on its raw slashes and only then percent-decoded, each piece once: an encoded slash can
 * never become a separator, and what has been decoded is never decoded again. Refused are pieces that could be read in
 * two ways by two programs: {@code .} and {@code ..} (encoded or not), an encoded slash or NUL, and encodings that are
 * not UTF-8.
 *
 * @param raw the pieces as they were sent
 * @param decoded the same, decoded
 */
record PathSegments(List<String> raw, List<String> decoded) {

    static PathSegments parse(String path) throws HttpProblem {
        if (!path.startsWith("/")) {
            throw HttpProblem.badRequest("The path must begin with '/'.");
        }
        var raw = List.of(path.substring(1).split("/", -1));
        var decoded = new ArrayList<String>(raw.size());
        for (String piece : raw) {
            decoded.add(decode(piece));
        }
        return new PathSegments(raw, List.copyOf(decoded));
    }

    private static String decode(String piece) throws HttpProblem {
        String text = piece.indexOf('%') < 0 ? piece : percentDecode(piece);
        if (text.equals(".") || text.equals("..") || text.indexOf('/') >= 0 || text.indexOf('\0') >= 0) {
            throw ambiguous(piece, "it has a '.', '..', encoded '/' or NUL piece");
        }
        return text;
    }

    private static String percentDecode(String piece) throws HttpProblem {
        var bytes = ByteBuffer.allocate(piece.length() * 3);
        for (int i = 0; i < piece.length(); i++) {
            char c = piece.charAt(i);
            if (c == '%') {
                int high = i + 2 < piece.length() ? Character.digit(piece.charAt(i + 1), 16) : -1;
                int low = i + 2 < piece.length() ? Character.digit(piece.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw ambiguous(piece, "'%' must be followed by two hexadecimal digits");
                }
                bytes.put((byte) (high << 4 | low));
                i += 2;
            } else {
                bytes.put(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw ambiguous(piece, "its percent-encoding is not UTF-8");
        }
    }

    private static HttpProblem ambiguous(String piece, String why) {
        return HttpProblem.badRequest("The path piece '" + piece + "' cannot be used: " + why + ".");
    }
}
