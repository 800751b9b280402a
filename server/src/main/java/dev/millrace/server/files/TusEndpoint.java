package dev.millrace.server.files;

import dev.millrace.files.http.HttpDates;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Uploads that can be resumed: tus 1.0.0 (https://tus.io/protocols/resumable-upload) at {@code /api/v1/uploads}, with its
 * extensions creation, creation-with-upload, expiration and termination. The metadata {@code filename} and {@code filetype} say what
 * the file is. The response that ends an upload has the file's URL in {@code Content-Location}.
 */
final class TusEndpoint {
    private static final String VERSION = "1.0.0";
    private static final String CHUNK = "application/offset+octet-stream";
    private static final String BASE = "/api/v1/uploads";

    private final Uploads uploads;
    private final Identity identity;
    private final long maxBytes;
    private final Types types;

    /** Which media type a file gets, or that it is refused. */
    @FunctionalInterface
    interface Types {
        String check(String name, String said) throws HttpProblem;
    }

    TusEndpoint(Uploads uploads, Identity identity, long maxBytes, Types types) {
        this.uploads = uploads;
        this.identity = identity;
        this.maxBytes = maxBytes;
        this.types = types;
    }

    void register(Router router) {
        router.options(BASE, this::options);
        router.post(BASE, Problems.told(this::create));
        router.head(BASE + "/{id}", Problems.told(this::offset));
        router.patch(BASE + "/{id}", Problems.told(this::append));
        router.delete(BASE + "/{id}", Problems.told(this::terminate));
    }

    private void options(Exchange exchange) throws IOException {
        exchange.header("Tus-Resumable", VERSION)
                .header("Tus-Version", VERSION)
                .header("Tus-Extension", "creation,creation-with-upload,expiration,termination")
                .header("Tus-Max-Size", Long.toString(maxBytes))
                .respond(204);
    }

    private void create(Exchange exchange) throws HttpProblem, IOException {
        requireVersion(exchange);
        String owner = identity.owner(exchange);
        long size = number(exchange, "Upload-Length");
        if (size > maxBytes) {
            throw UploadsEndpoint.tooLarge(maxBytes);
        }
        Map<String, String> metadata =
                metadata(exchange.header("Upload-Metadata").orElse(""));
        String name = metadata.getOrDefault("filename", "file");
        String type = types.check(name, metadata.getOrDefault("filetype", ""));
        Uploads.About about = uploads.create(owner, name, type, size);
        exchange.header("Location", BASE + '/' + about.id());
        if (isChunk(exchange) || size == 0) {
            about = append(exchange, about);
        }
        tell(exchange, about).respond(201);
    }

    private void offset(Exchange exchange) throws HttpProblem, IOException {
        requireVersion(exchange);
        Uploads.About about = settled(find(exchange));
        tell(exchange, about)
                .header("Upload-Length", Long.toString(about.size()))
                .header("Cache-Control", "no-store")
                .respond(200);
    }

    private void append(Exchange exchange) throws HttpProblem, IOException {
        requireVersion(exchange);
        if (!isChunk(exchange)) {
            throw new HttpProblem(
                    415, "not-a-chunk", "This is no part of an upload", "Send it with Content-Type: " + CHUNK + ".");
        }
        Uploads.About about = find(exchange);
        long offset = number(exchange, "Upload-Offset");
        if (offset != uploads.offset(about)) {
            throw conflict("The upload is at " + uploads.offset(about) + ", and this begins at " + offset
                    + ". Ask by HEAD where to go on.");
        }
        about = append(exchange, about);
        tell(exchange, about).respond(204);
    }

    private Uploads.About append(Exchange exchange, Uploads.About about) throws HttpProblem, IOException {
        try {
            return about.isWhole() ? about : uploads.append(about, exchange.bodyStream(maxBytes), maxBytes);
        } catch (Uploads.Busy e) {
            throw conflict("Another request writes to this upload. Ask by HEAD where to go on, in a moment.");
        } catch (Uploads.TooLarge e) {
            throw UploadsEndpoint.tooLarge(about.size());
        }
    }

    private void terminate(Exchange exchange) throws HttpProblem, IOException {
        requireVersion(exchange);
        try {
            uploads.delete(find(exchange));
        } catch (Uploads.Busy e) {
            throw conflict("Another request writes to this upload. Try again when it has ended.");
        }
        exchange.header("Tus-Resumable", VERSION).respond(204);
    }

    private Exchange tell(Exchange exchange, Uploads.About about) throws IOException {
        exchange.header("Tus-Resumable", VERSION).header("Upload-Offset", Long.toString(uploads.offset(about)));
        return about.isWhole()
                ? exchange.header("Content-Location", about.url())
                : exchange.header("Upload-Expires", HttpDates.format(uploads.expiry(about)));
    }

    /** A client that has sent everything will send nothing more. */
    private Uploads.About settled(Uploads.About about) throws HttpProblem, IOException {
        try {
            return uploads.settled(about);
        } catch (Uploads.Busy e) {
            return about; // Whoever writes ends it.
        }
    }

    private Uploads.About find(Exchange exchange) throws HttpProblem, IOException {
        try {
            return uploads.arriving(identity.owner(exchange), exchange.pathParameter("id"))
                    .orElseThrow(() -> HttpProblem.notFound("There is no such upload, or it is not yours."));
        } catch (Uploads.Elsewhere e) {
            throw new HttpProblem(
                    409,
                    "upload-elsewhere",
                    "The upload arrives at another server",
                    "This server and the one where it was begun share no place for uploads. Go on there, or begin anew."
                            + " Operators: set files.uploads.folder to a folder that the servers share, or"
                            + " files.uploads.bucket.");
        }
    }

    private static boolean isChunk(Exchange exchange) {
        return exchange.header("Content-Type").filter(CHUNK::equalsIgnoreCase).isPresent();
    }

    private static void requireVersion(Exchange exchange) throws HttpProblem {
        if (!exchange.header("Tus-Resumable").filter(VERSION::equals).isPresent()) {
            throw new HttpProblem(
                            412,
                            "tus-version",
                            "This version of tus is not spoken here",
                            "Send Tus-Resumable: " + VERSION + ".")
                    .header("Tus-Version", VERSION);
        }
    }

    private static long number(Exchange exchange, String header) throws HttpProblem {
        String text = exchange.header(header).orElse("");
        if (!text.matches("[0-9]{1,18}")) {
            throw HttpProblem.badRequest("The header " + header + " must be a number of bytes, not \"" + text + "\".");
        }
        return Long.parseLong(text);
    }

    private static HttpProblem conflict(String detail) {
        return new HttpProblem(409, "upload-offset", "The upload is elsewhere", detail);
    }

    /** {@code filename d29ybGQ=,is_confidential}: names, each with a base64 value or none. */
    private static Map<String, String> metadata(String header) throws HttpProblem {
        Map<String, String> metadata = new HashMap<>();
        for (String pair : header.split(",", -1)) {
            String[] words = pair.strip().split(" ", 2);
            try {
                metadata.put(
                        words[0],
                        words.length < 2
                                ? ""
                                : new String(Base64.getDecoder().decode(words[1].strip()), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw HttpProblem.badRequest("The value of " + words[0] + " in Upload-Metadata must be base64.");
            }
        }
        return metadata;
    }
}
