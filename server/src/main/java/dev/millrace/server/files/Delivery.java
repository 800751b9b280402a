package dev.millrace.server.files;

import dev.millrace.files.Pipeline;
import dev.millrace.files.RangeReader;
import dev.millrace.files.Source;
import dev.millrace.files.SourceException;
import dev.millrace.files.SourceFile;
import dev.millrace.files.WholeFile;
import dev.millrace.files.WholeReader;
import dev.millrace.files.http.FileAnswer;
import dev.millrace.files.http.Piece;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.ResponseBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;

/** One file's way to one client. */
final class Delivery {
    /**
     * How long the status waits for the first bytes, so that a failure can be told by it. Longer would keep a player from
     * knowing what it is going to get.
     */
    static final Duration STATUS_WAITS = Duration.ofSeconds(1);

    private final Exchange exchange;
    private final Pipeline pipeline;
    private boolean started;

    Delivery(Exchange exchange, Pipeline pipeline) {
        this.exchange = exchange;
        this.pipeline = pipeline;
    }

    /** Whether the status is out, or on its way, so that a failure can no longer be told by it. */
    boolean started() {
        return started;
    }

    void run(Source source, SourceFile file, FileAnswer.Wish wish, Instant now)
            throws HttpProblem, IOException, InterruptedException, SourceException {
        FileAnswer answer = FileAnswer.to(exchange.method(), exchange::headers, file.info(), now, wish);
        if (answer.status() == 412 || answer.status() == 416) {
            throw Problems.of(answer.status(), answer.headers());
        }
        if (answer.body().isEmpty() || exchange.method().equals("HEAD")) {
            begin(answer);
            exchange.respond(answer.status());
            return;
        }
        ResponseBody body = null;
        // What stands before the first part waits with the status, for the bytes of that part.
        String before = "";
        for (Piece piece : answer.body()) {
            switch (piece) {
                case Piece.Text text -> {
                    if (body == null) {
                        before = text.text();
                    } else {
                        body.write(text.encoded());
                    }
                }
                case Piece.Range range -> {
                    try (RangeReader reader = pipeline.read(source, file, range.bytes())) {
                        ByteBuffer bytes = null;
                        if (body == null) {
                            boolean here = reader.await(STATUS_WAITS);
                            bytes = here ? reader.next() : null;
                            begin(answer);
                            body = exchange.respondStream(answer.status());
                            if (bytes == null || !before.isEmpty()) { // else the head goes out with the bytes
                                body.write(new Piece.Text(before).encoded());
                            }
                        }
                        for (bytes = bytes == null ? reader.next() : bytes; bytes != null; bytes = reader.next()) {
                            body.write(bytes);
                        }
                    }
                }
            }
        }
        if (body != null) {
            // Not in a finally: a response that is cut must not look complete.
            body.close();
        }
    }

    /** Of a file that comes as a whole, with its status at once: its source has answered. */
    void run(WholeFile file, FileAnswer.Wish wish)
            throws HttpProblem, IOException, InterruptedException, SourceException {
        FileAnswer answer = FileAnswer.withoutRanges(exchange::headers, file.info(), wish);
        if (answer.status() == 412) {
            throw Problems.of(answer.status(), answer.headers());
        }
        if (answer.status() == 304) {
            begin(answer);
            exchange.respond(answer.status());
            return;
        }
        try (WholeReader reader = pipeline.read(file)) {
            begin(answer);
            ResponseBody body = exchange.respondStream(answer.status());
            // The head goes first: with the end of a HEAD it would say that a length which nobody told is 0.
            body.write(ByteBuffer.allocate(0));
            if (!exchange.method().equals("HEAD")) {
                for (ByteBuffer bytes; (bytes = reader.next()) != null; ) {
                    body.write(bytes);
                }
            }
            body.close();
        }
    }

    private void begin(FileAnswer answer) {
        started = true;
        answer.headers().forEach(exchange::header);
    }
}
