package dev.millrace.server.files;

import dev.millrace.server.http.HttpProblem;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first file in a form ({@code multipart/form-data}, RFC 7578), as a stream: nothing of it is kept in memory. What
 * stands before it in the form is read over, what stands after it is not read.
 *
 * @param name as the form says
 * @param mediaType as the form says; may be empty
 * @param content must be read to its end, where it checks that the part did not just break off
 */
record FormFile(String name, String mediaType, InputStream content) {
    /** What a form may need beside the file, in bytes. */
    static final int OVERHEAD = 64 << 10;

    private static final int LONGEST_LINE = 8 << 10;
    private static final Pattern BOUNDARY =
            Pattern.compile(";\\s*boundary=(?:\"([^\"]{1,70})\"|([^;\\s]{1,70}))", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile(";\\s*filename=\"((?:[^\"\\\\]|\\\\.)*)\"");

    static FormFile of(InputStream body, String contentType) throws HttpProblem, IOException {
        Matcher boundary = BOUNDARY.matcher(contentType);
        if (!boundary.find()) {
            throw HttpProblem.badRequest("The form's Content-Type has no boundary.");
        }
        String delimiter = "--" + (boundary.group(1) != null ? boundary.group(1) : boundary.group(2));
        InputStream in = new BufferedInputStream(body, 64 << 10);
        for (String line = line(in); !line.equals(delimiter); line = line(in)) {
            // A preamble is for nobody.
        }
        while (true) {
            String name = null;
            String type = "";
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                if (header.regionMatches(true, 0, "Content-Disposition:", 0, 20)) {
                    Matcher given = NAME.matcher(header);
                    if (given.find()) {
                        name = given.group(1).replaceAll("\\\\(.)", "$1").replace("%22", "\"");
                    }
                } else if (header.regionMatches(true, 0, "Content-Type:", 0, 13)) {
                    type = header.substring(13).strip();
                }
            }
            Part part = new Part(in, ("\r\n" + delimiter).getBytes(StandardCharsets.ISO_8859_1));
            if (name != null) {
                return new FormFile(name, type, part);
            }
            long _ = part.skip(Long.MAX_VALUE);
            if (line(in).equals("--")) {
                throw HttpProblem.badRequest("There is no file in this form.");
            }
        }
    }

    /** A line without its end, as UTF-8. */
    private static String line(InputStream in) throws HttpProblem, IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0 || line.size() > LONGEST_LINE) {
                throw HttpProblem.badRequest("The form breaks off before its file, or is no form.");
            }
            line.write(c);
        }
        String text = line.toString(StandardCharsets.UTF_8);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    /** What stands before the next delimiter. */
    private static final class Part extends FilterInputStream {
        private final byte[] delimiter;
        private final int[] border;
        private final byte[] held;
        private int matched;
        private int out;
        private int outEnd;
        private boolean over;

        Part(InputStream in, byte[] delimiter) {
            super(in);
            this.delimiter = delimiter;
            this.border = borders(delimiter);
            this.held = new byte[delimiter.length + 1];
        }

        /** For each length of a match, the length of the next shorter one that ends the same way (Knuth, Morris, Pratt). */
        private static int[] borders(byte[] word) {
            int[] border = new int[word.length + 1];
            border[0] = -1;
            for (int i = 0, k = -1; i < word.length; ) {
                while (k >= 0 && word[i] != word[k]) {
                    k = border[k];
                }
                border[++i] = ++k;
            }
            return border;
        }

        @Override
        public int read() throws IOException {
            while (out == outEnd) {
                if (over) {
                    return -1;
                }
                int c = in.read();
                if (c < 0) {
                    throw new IOException(HttpProblem.badRequest("The form breaks off in the middle of its file."));
                }
                take((byte) c);
            }
            return held[out++] & 0xFF;
        }

        /** Holds back what may be the delimiter's beginning, and lets go of what turned out not to be. */
        private void take(byte c) {
            out = 0;
            outEnd = 0;
            int was = matched;
            while (matched >= 0 && delimiter[matched] != c) {
                matched = border[matched];
            }
            int free = was - matched;
            if (matched < 0) {
                System.arraycopy(delimiter, 0, held, 0, was);
                held[was] = c;
                outEnd = was + 1;
            } else {
                System.arraycopy(delimiter, 0, held, 0, free);
                outEnd = free;
            }
            matched++;
            over = matched == delimiter.length;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = 0;
            while (n < length) {
                int c = read();
                if (c < 0) {
                    return n == 0 ? -1 : n;
                }
                bytes[offset + n++] = (byte) c;
            }
            return n;
        }

        @Override
        public long skip(long most) throws IOException {
            long n = 0;
            while (n < most && read() >= 0) {
                n++;
            }
            return n;
        }

        @Override
        public void close() {
            // The body is its exchange's.
        }
    }
}
