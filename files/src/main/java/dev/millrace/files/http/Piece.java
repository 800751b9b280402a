package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import java.nio.charset.StandardCharsets;

/** What an answer's body is made of, one after the other. */
public sealed interface Piece {

    /** Bytes of the file. */
    record Range(ByteRange bytes) implements Piece {
        @Override
        public long length() {
            return bytes.length();
        }
    }

    /** What stands between parts of the file. ASCII. */
    record Text(String text) implements Piece {
        @Override
        public long length() {
            return text.length();
        }

        public byte[] encoded() {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** In bytes. */
    long length();
}
