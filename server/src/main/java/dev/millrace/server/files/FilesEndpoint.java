package dev.millrace.server.files;

import dev.millrace.files.ByteRange;
import dev.millrace.files.Pipeline;
import dev.millrace.files.Source;
import dev.millrace.files.SourceException;
import dev.millrace.files.SourceFile;
import dev.millrace.files.WholeFile;
import dev.millrace.files.http.FileAnswer;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves files at {@code /files/{source}/{path}}.
 *
 * <p>The status is held back until the first bytes are here, or the failure is, for a second at most: so a source that
 * cannot deliver is usually told as 502, 503 or 504 and not as a 200 that breaks off. From then on a failure aborts the
 * response (closes the connection, resets the stream); it never ends it early or pads it.
 *
 * <p>While a remote source is waited for, a client that leaves interrupts the wait, which stops the fetches at once. On
 * HTTP/1 watching for that costs the connection its keep-alive, so for local files, which nobody waits for, it is not
 * done.
 *
 * <p>A link that is signed ({@link LinkSigner}) opens what it is for to whoever has it. A browser that goes to the link of
 * a film, a song, a picture or a PDF gets a small page that plays it; {@code &d=true} saves the file instead.
 */
public final class FilesEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilesEndpoint.class);

    /** A file that changed between its lookup and its first bytes is looked up once more. */
    private static final int LOOKUPS = 2;

    private final Map<String, Source> sources;
    private final Pipeline pipeline;
    private final Cors cors;
    private final Admission admission;
    private final InstantSource clock;

    /** @param sources by name; closed with this endpoint */
    public FilesEndpoint(Map<String, Source> sources) {
        this(
                sources,
                new Pipeline(Pipeline.Settings.DEFAULT),
                new Cors(Set.of()),
                Admission.open(InstantSource.system()),
                InstantSource.system());
    }

    FilesEndpoint(Map<String, Source> sources, Pipeline pipeline, Cors cors, Admission admission, InstantSource clock) {
        this.sources = Map.copyOf(sources);
        this.pipeline = pipeline;
        this.cors = cors;
        this.admission = admission;
        this.clock = clock;
    }

    /** Adds the routes. */
    public FilesEndpoint register(Router router) {
        router.get("/files/{source}/{path...}", Problems.told(this::serve));
        router.options("/files/{source}/{path...}", this::preflight);
        // Who has a link need not say who they are; anybody else is asked (Admission).
        router.open("/files/{source}/{path...}");
        return this;
    }

    /** Closes the sources; reads that still run fail. */
    @Override
    public void close() {
        sources.values().forEach(Source::close);
    }

    private void preflight(Exchange exchange) throws HttpProblem, IOException {
        cors.allowPreflight(exchange, LinkQuery.of(exchange).isThere());
        exchange.header("Allow", "GET, HEAD, OPTIONS").respond(204);
    }

    private void serve(Exchange exchange) throws HttpProblem, IOException, InterruptedException, SourceException {
        String name = exchange.pathParameter("source");
        String path = exchange.pathParameter("path");
        boolean byLink = admission.admit(exchange, name, path);
        Source source = sources.get(name);
        if (source == null) {
            throw Problems.notFound();
        }
        cors.allow(exchange, byLink);
        try (Presence presence = new Presence()) {
            if (source.access() != Source.Access.IN_PLACE) {
                exchange.onGone(presence::left);
            }
            answer(exchange, source, path, byLink);
        }
    }

    private void answer(Exchange exchange, Source source, String path, boolean byLink)
            throws HttpProblem, IOException, InterruptedException, SourceException {
        FileAnswer.Wish wish =
                exchange.queryParameter("d").filter("true"::equals).isPresent()
                        ? FileAnswer.Wish.SAVE
                        : FileAnswer.Wish.SHOW;
        for (int lookups = 1; ; lookups++) {
            Delivery delivery = new Delivery(exchange, pipeline);
            try (SourceFile file = open(source, path, FileAnswer.likely(exchange.method(), exchange::headers))) {
                if (byLink && wish == FileAnswer.Wish.SHOW && PlayerPage.isWanted(exchange, file.info())) {
                    PlayerPage.send(exchange, file.info());
                } else {
                    delivery.run(source, file, wish, clock.instant());
                }
                return;
            } catch (SourceException e) {
                if (delivery.started()) {
                    throw e;
                }
                if (e instanceof SourceException.Unranged) {
                    whole(exchange, source, path, wish, byLink);
                    return;
                }
                if (!(e instanceof SourceException.Changed && lookups < LOOKUPS)) {
                    throw told(exchange, e, byLink);
                }
            }
        }
    }

    private void whole(Exchange exchange, Source source, String path, FileAnswer.Wish wish, boolean byLink)
            throws HttpProblem, IOException, InterruptedException, SourceException {
        Delivery delivery = new Delivery(exchange, pipeline);
        try (WholeFile file = source.openWhole(path)) {
            delivery.run(file, wish);
        } catch (SourceException e) {
            if (delivery.started()) {
                throw e;
            }
            throw told(exchange, e, byLink);
        }
    }

    private static HttpProblem told(Exchange exchange, SourceException failure, boolean byLink) {
        log(exchange, failure);
        return byLink && failure instanceof SourceException.NotFound ? Problems.gone() : Problems.of(failure);
    }

    private static SourceFile open(Source source, String path, Optional<ByteRange> likely)
            throws SourceException, InterruptedException {
        return likely.isPresent() ? source.open(path, likely.get()) : source.open(path);
    }

    private static void log(Exchange exchange, SourceException failure) {
        if (failure instanceof SourceException.NotFound) {
            LOG.debug("{}: {}", exchange.path(), failure.getMessage());
        } else {
            LOG.warn("{}: {}", exchange.path(), failure.getMessage());
        }
    }
}
