package dev.millrace.server.files;

import dev.millrace.files.Pipeline;
import dev.millrace.files.RangeReader;
import dev.millrace.files.Source;
import dev.millrace.files.SourceException;
import dev.millrace.files.SourceFile;
import dev.millrace.files.http.FileAnswer;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.ResponseBody;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves files at {@code /files/{source}/{path}}.
 *
 * <p>The status is held back until the first bytes are here, or the failure is: so a source that cannot deliver is told
 * as 502, 503 or 504 and not as a 200 that breaks off. The wait is bounded by the source's own time limits. From then on
 * a failure aborts the response (closes the connection, resets the stream); it never ends it early or pads it.
 *
 * <p>While a remote source is waited for, a client that leaves interrupts the wait, which stops the fetches at once. On
 * HTTP/1 watching for that costs the connection its keep-alive, so for local files, which nobody waits for, it is not
 * done.
 */
public final class FilesEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilesEndpoint.class);

    /** A file that changed between its lookup and its first bytes is looked up once more. */
    private static final int LOOKUPS = 2;

    private final Map<String, Source> sources;
    private final Pipeline pipeline;
    private final InstantSource clock;

    /** @param sources by name; closed with this endpoint */
    public FilesEndpoint(Map<String, Source> sources) {
        this(sources, new Pipeline(Pipeline.Settings.DEFAULT), InstantSource.system());
    }

    FilesEndpoint(Map<String, Source> sources, Pipeline pipeline, InstantSource clock) {
        this.sources = Map.copyOf(sources);
        this.pipeline = pipeline;
        this.clock = clock;
    }

    /** Adds the route. */
    public FilesEndpoint register(Router router) {
        router.get("/files/{source}/{path...}", this::serve);
        return this;
    }

    /** Closes the sources; reads that still run fail. */
    @Override
    public void close() {
        sources.values().forEach(Source::close);
    }

    private void serve(Exchange exchange) throws HttpProblem, IOException, InterruptedException, SourceException {
        Source source = sources.get(exchange.pathParameter("source"));
        if (source == null) {
            throw Problems.notFound();
        }
        try (Presence presence = new Presence()) {
            if (source.access() == Source.Access.PARALLEL) {
                exchange.onGone(presence::left);
            }
            answer(exchange, source);
        }
    }

    private void answer(Exchange exchange, Source source)
            throws HttpProblem, IOException, InterruptedException, SourceException {
        for (int lookups = 1; ; lookups++) {
            Delivery delivery = new Delivery(exchange);
            try (SourceFile file = source.open(exchange.pathParameter("path"))) {
                delivery.run(source, file);
                return;
            } catch (SourceException e) {
                if (delivery.started()) {
                    throw e;
                }
                if (!(e instanceof SourceException.Changed && lookups < LOOKUPS)) {
                    log(exchange, e);
                    throw Problems.of(e);
                }
            }
        }
    }

    private static void log(Exchange exchange, SourceException failure) {
        if (failure instanceof SourceException.NotFound) {
            LOG.debug("{}: {}", exchange.path(), failure.getMessage());
        } else {
            LOG.warn("{}: {}", exchange.path(), failure.getMessage());
        }
    }

    /** One file's way to the client. */
    private final class Delivery {
        private final Exchange exchange;
        private boolean started;

        Delivery(Exchange exchange) {
            this.exchange = exchange;
        }

        /** Whether the status is out, or on its way, so that a failure can no longer be told by it. */
        boolean started() {
            return started;
        }

        void run(Source source, SourceFile file)
                throws HttpProblem, IOException, InterruptedException, SourceException {
            FileAnswer answer = FileAnswer.to(exchange.method(), exchange::headers, file.info(), clock.instant());
            if (answer.status() == 412 || answer.status() == 416) {
                throw Problems.of(answer.status(), answer.headers());
            }
            if (answer.body() == null || exchange.method().equals("HEAD")) {
                begin(answer);
                exchange.respond(answer.status());
                return;
            }
            try (RangeReader reader = pipeline.read(source, file, answer.body())) {
                ByteBuffer bytes = reader.next();
                begin(answer);
                ResponseBody body = exchange.respondStream(answer.status());
                for (; bytes != null; bytes = reader.next()) {
                    body.write(bytes);
                }
                // Not in a finally: a response that is cut must not look complete.
                body.close();
            }
        }

        private void begin(FileAnswer answer) {
            started = true;
            answer.headers().forEach(exchange::header);
        }
    }
}
