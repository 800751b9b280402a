package dev.millrace.server.files;

import dev.millrace.engine.store.StoreFailure;
import dev.millrace.files.BucketException;
import dev.millrace.files.SourceException;
import dev.millrace.server.http.Endpoint;
import dev.millrace.server.http.HttpProblem;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How failures of files are told to a client: by what it can do about them, and without what only the operator may know. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final Duration SOON = Duration.ofSeconds(1);

    private Problems() {}

    /** The same for what is not there and for what may not be seen. */
    static HttpProblem notFound() {
        return new HttpProblem(404, "file-not-found", "There is no such file", "Check the source's name and the path.");
    }

    /** For who has a link to it, and so may know that it was there. */
    static HttpProblem gone() {
        return new HttpProblem(
                410, "file-gone", "The file is no longer there", "The link is good, but what it leads to was removed.");
    }

    static HttpProblem tooManyGuesses(Duration pause) {
        long seconds = seconds(pause);
        return new HttpProblem(
                        429,
                        "too-many-bad-links",
                        "Too many links that are not good",
                        "Try again in " + seconds + " s.")
                .header("Retry-After", Long.toString(seconds));
    }

    private static long seconds(Duration pause) {
        return Math.max(1, pause.plusNanos(999_999_999).toSeconds());
    }

    static HttpProblem of(SourceException failure) {
        return switch (failure) {
            case SourceException.NotFound _ -> notFound();
            case SourceException.Forbidden _ -> notFound();
            case SourceException.Unavailable busy -> unavailable(busy.retryAfter());
            case SourceException.Changed _ -> unavailable(SOON);
            case SourceException.TimedOut _ ->
                new HttpProblem(
                        504,
                        "file-source-timeout",
                        "The file's source did not answer in time",
                        "The server asked the place where this file is kept, and waited in vain. Try again later.");
            case SourceException.Failed _, SourceException.Unranged _ ->
                new HttpProblem(
                        502,
                        "file-source-failed",
                        "The file's source failed",
                        "The place where this file is kept cannot be reached or gave a wrong answer."
                                + " The server's log says more.");
        };
    }

    private static HttpProblem unavailable(Duration retryAfter) {
        long seconds = seconds(retryAfter);
        return new HttpProblem(
                        503,
                        "file-source-unavailable",
                        "The file cannot be read at the moment",
                        "Try again in " + seconds + " s.")
                .header("Retry-After", Long.toString(seconds));
    }

    /** An endpoint for files that are kept by this server, whose storage may fail, too. */
    static Endpoint told(Endpoint endpoint) {
        return exchange -> {
            try {
                endpoint.handle(exchange);
            } catch (BucketException e) {
                LOG.warn("{}: {}", exchange.path(), e.getMessage());
                throw of(e);
            } catch (Uploads.OverQuota e) {
                throw new HttpProblem(
                        413,
                        "quota-exceeded",
                        "Your files would be too much together",
                        "The files of one owner may have " + e.quota()
                                + " bytes together. Remove some (GET /api/v1/files lists them).");
            } catch (NoRoom e) {
                LOG.warn("{}: {}", exchange.path(), e.getMessage());
                throw new HttpProblem(
                        507,
                        "no-room",
                        "There is no room for the file",
                        "The server's disk is full. Try again when its operator has made room.");
            } catch (StoreFailure e) {
                LOG.warn("{}: {}", exchange.path(), e.getMessage());
                throw unavailable(SOON);
            }
        };
    }

    static HttpProblem of(BucketException failure) {
        return failure.timedOut()
                ? new HttpProblem(
                        504,
                        "file-storage-timeout",
                        "The files' storage did not answer in time",
                        "It may have done what was asked all the same. Look, or try again later.")
                : new HttpProblem(
                        502,
                        "file-storage-failed",
                        "The files' storage failed",
                        "The place where files are kept cannot be reached or refused to work. The server's log says more.");
    }

    /** 412 and 416. */
    static HttpProblem of(int status, Map<String, String> headers) {
        HttpProblem problem = status == 412
                ? new HttpProblem(
                        412,
                        "precondition-failed",
                        "The file is not the version asked for",
                        "A condition of the request (If-Match, If-Unmodified-Since) does not hold.")
                : new HttpProblem(
                        416,
                        "range-not-satisfiable",
                        "The file has no such bytes",
                        "Content-Range tells the file's size.");
        headers.forEach(problem::header);
        return problem;
    }
}
