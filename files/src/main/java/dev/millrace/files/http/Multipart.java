package dev.millrace.files.http;

import dev.millrace.files.ByteRange;
import java.util.ArrayList;
import java.util.List;

/** A body of the type {@code multipart/byteranges} (RFC 9110 section 14.6). */
record Multipart(String boundary, String mediaType, long fileSize) {

    String contentType() {
        return "multipart/byteranges; boundary=" + boundary;
    }

    List<Piece> of(List<ByteRange> ranges) {
        List<Piece> pieces = new ArrayList<>();
        String before = "";
        for (ByteRange range : ranges) {
            pieces.add(new Piece.Text(before + "--" + boundary + "\r\nContent-Type: " + mediaType
                    + "\r\nContent-Range: bytes " + range.first() + '-' + range.last() + '/' + fileSize + "\r\n\r\n"));
            pieces.add(new Piece.Range(range));
            before = "\r\n";
        }
        pieces.add(new Piece.Text("\r\n--" + boundary + "--\r\n"));
        return pieces;
    }
}
