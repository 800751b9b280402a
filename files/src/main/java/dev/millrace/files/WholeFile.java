package dev.millrace.files;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * A file that its origin gives as a whole only, as the answer to one request: read once, from the first byte on. There is no
 * second try, since the bytes that are missing cannot be asked for; what is cut fails.
 *
 * <p>Read by one thread ({@link Pipeline#read(WholeFile)}), which may be interrupted.
 */
public final class WholeFile implements AutoCloseable {
    private final FileInfo info;
    private final Answer answer;
    private final String path;

    private WholeFile(FileInfo info, Answer answer, String path) {
        this.info = info;
        this.answer = answer;
        this.path = path;
    }

    /**
     * @param answer is the file's to close from here on
     * @throws SourceException if that is no whole file, or none of which it could be told that its end is missing; then the
     *     answer remains the caller's
     */
    static WholeFile of(Answer answer, String path) throws SourceException {
        if (answer.statusCode() != 200) {
            throw OriginAnswer.failure(answer, path);
        }
        HttpHeaders headers = answer.headers();
        OriginAnswer.refuseEncoded(headers, path);
        long size = headers.firstValueAsLong("Content-Length").orElse(FileInfo.UNTOLD);
        boolean chunked = headers.allValues("Transfer-Encoding").stream()
                .anyMatch(coding -> coding.toLowerCase(Locale.ROOT).contains("chunked"));
        if (size < 0 && !chunked) {
            throw new SourceException.Failed("the origin serves no byte ranges and does not tell where the file ends: "
                    + FilePath.printable(path));
        }
        OriginVersion version = OriginVersion.of(chunked ? FileInfo.UNTOLD : size, headers);
        return new WholeFile(Lookup.info(path, version, headers), answer, path);
    }

    public FileInfo info() {
        return info;
    }

    /** The next bytes, at least one, put into a buffer that has room; waits for them. -1 after the last. */
    int read(ByteBuffer into) throws SourceException, InterruptedException {
        try {
            return answer.read(into);
        } catch (SocketTimeoutException e) {
            throw new SourceException.TimedOut("silent for too long: " + FilePath.printable(path));
        } catch (IOException e) {
            throw new SourceException.Failed("broke off, and cannot be gone on with: " + FilePath.printable(path), e);
        }
    }

    /** Stops it, unless all of it was read. Idempotent. */
    @Override
    public void close() {
        answer.close();
    }
}
