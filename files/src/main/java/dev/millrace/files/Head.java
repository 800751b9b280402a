package dev.millrace.files;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Reads the head of an answer of HTTP/1.x (RFC 9112), and how its body is framed. */
final class Head {
    private static final int LONGEST = 64 << 10;

    /** What came is not HTTP/1.x, or cannot be told apart from something else. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }

    private final Wire wire;
    private int read;

    Head(Wire wire) {
        this.wire = wire;
    }

    /** Whether a byte has come. */
    boolean begun() {
        return read > 0;
    }

    /** @param bodiless whether the answer has no body whatever its head says, since HEAD asked for it */
    Answer read(boolean bodiless) throws IOException, InterruptedException {
        while (true) {
            String first = line();
            if (!first.matches("HTTP/1\\.[0-9] [1-5][0-9][0-9]( .*)?")) {
                throw new Malformed("it begins with \"" + printable(first) + '"');
            }
            int status = Integer.parseInt(first.substring(9, 12));
            HttpHeaders headers = headers();
            if (status == 101) {
                throw new Malformed("it changes protocols");
            }
            if (status >= 200) {
                return answer(status, headers, bodiless, first.startsWith("HTTP/1.0"));
            }
        }
    }

    private Answer answer(int status, HttpHeaders headers, boolean bodiless, boolean old) throws Malformed {
        String connection = String.join(",", headers.allValues("Connection")).toLowerCase(Locale.ROOT);
        boolean stays = !connection.contains("close") && (!old || connection.contains("keep-alive"));
        if (bodiless || status == 204 || status == 304) {
            return new Answer(wire, status, headers, Answer.Framing.LENGTH, 0, stays);
        }
        List<String> encodings = headers.allValues("Transfer-Encoding");
        if (!encodings.isEmpty()) {
            if (!String.join(",", encodings).strip().equalsIgnoreCase("chunked")) {
                throw new Malformed("Transfer-Encoding: " + printable(String.join(",", encodings)));
            }
            return new Answer(wire, status, headers, Answer.Framing.CHUNKED, 0, stays);
        }
        List<String> lengths =
                headers.allValues("Content-Length").stream().distinct().toList();
        if (lengths.isEmpty()) {
            return new Answer(wire, status, headers, Answer.Framing.TO_THE_END, 0, false);
        }
        if (lengths.size() > 1 || !lengths.getFirst().matches("[0-9]{1,18}")) {
            throw new Malformed("Content-Length: " + printable(String.join(", ", lengths)));
        }
        return new Answer(wire, status, headers, Answer.Framing.LENGTH, Long.parseLong(lengths.getFirst()), stays);
    }

    private HttpHeaders headers() throws IOException, InterruptedException {
        Map<String, List<String>> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            // A line that begins with a space would go on with the one before (RFC 9112, section 5.2): nobody does.
            if (colon < 1 || !line.substring(0, colon).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
                throw new Malformed("it has the line \"" + printable(line) + '"');
            }
            all.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return HttpHeaders.of(all, (name, value) -> true);
    }

    private String line() throws IOException, InterruptedException {
        StringBuilder line = new StringBuilder(64);
        for (byte b = next(); b != '\n'; b = next()) {
            line.append((char) (b & 0xFF));
        }
        int length = line.length();
        if (length > 0 && line.charAt(length - 1) == '\r') {
            line.setLength(length - 1);
        }
        return line.toString();
    }

    private byte next() throws IOException, InterruptedException {
        byte b = wire.readByte();
        if (++read > LONGEST) {
            throw new Malformed("its head is longer than " + LONGEST + " bytes");
        }
        return b;
    }

    private static String printable(String text) {
        return FilePath.printable(text.length() > 80 ? text.substring(0, 80) + '…' : text);
    }
}
