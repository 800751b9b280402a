package dev.millrace.server.files;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.FilePlace;
import dev.millrace.engine.store.FileRegister.Entry;
import dev.millrace.files.MediaTypes;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes files at {@code POST /api/v1/files}: the body is the file ({@code ?name=} and {@code Content-Type} say what it is),
 * or a form with one file in it. {@code GET} and {@code DELETE /api/v1/files/ID} are for its owner, and so is the list at
 * {@code GET /api/v1/files}.
 */
final class UploadsEndpoint {
    private static final int MOST_LISTED = 100;
    private static final Pattern MEDIA_TYPE = Pattern.compile("[\\w.+!#$&^-]+/[\\w.+!#$&^-]+(\\s*;[\\x20-\\x7E]*)?");

    private final Uploads uploads;
    private final Identity identity;
    private final long maxBytes;
    private final Set<String> types;

    UploadsEndpoint(Uploads uploads, Identity identity, long maxBytes, Set<String> types) {
        this.uploads = uploads;
        this.identity = identity;
        this.maxBytes = maxBytes;
        this.types = Set.copyOf(types);
    }

    void register(Router router) {
        router.post("/api/v1/files", Problems.told(this::upload));
        router.get("/api/v1/files", Problems.told(this::list));
        router.get("/api/v1/files/{id}", Problems.told(this::about));
        router.delete("/api/v1/files/{id}", Problems.told(this::delete));
        new TusEndpoint(uploads, identity, maxBytes, this::check).register(router);
    }

    private void upload(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String type = exchange.header("Content-Type").orElse("");
        InputStream body = exchange.bodyStream(maxBytes + FormFile.OVERHEAD);
        if (type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            FormFile file = FormFile.of(body, type);
            take(exchange, owner, file.name(), file.mediaType(), file.content());
        } else {
            String name = exchange.queryParameter("name").orElse("file");
            take(exchange, owner, name, type.startsWith("application/x-www-form-urlencoded") ? "" : type, body);
        }
    }

    private void take(Exchange exchange, String owner, String name, String type, InputStream content)
            throws HttpProblem, IOException {
        String mediaType = check(name, type);
        Uploads.About about = uploads.create(owner, name, mediaType, -1);
        boolean whole = false;
        try {
            about = uploads.append(about, content, maxBytes);
            whole = true;
        } catch (Uploads.TooLarge e) {
            throw tooLarge(maxBytes);
        } finally {
            if (!whole) {
                // Nobody knows its name yet, so nobody can go on with it.
                uploads.delete(about);
            }
        }
        exchange.header("Location", "/api/v1/files/" + about.id()).respond(201, "application/json", json(about));
    }

    static HttpProblem tooLarge(long max) {
        return new HttpProblem(413, "file-too-large", "The file is too large", "A file may have " + max + " bytes.");
    }

    /** The type to keep: what the client says, or what the name says; both must be ones that are taken. */
    String check(String name, String said) throws HttpProblem {
        String type = MEDIA_TYPE.matcher(said).matches() && !said.startsWith(MediaTypes.UNKNOWN)
                ? said
                : MediaTypes.ofName(name);
        String essence = type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
        String family = essence.replaceFirst("/.*", "/*");
        if (!types.contains("*") && !types.contains(essence) && !types.contains(family)) {
            throw new HttpProblem(
                    415,
                    "file-type-refused",
                    "Files of this type are not taken",
                    "This server takes " + String.join(", ", types) + ", and this is " + essence + ".");
        }
        return type;
    }

    private void list(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String after = exchange.queryParameter("after").orElse(null);
        if (after != null && FilePlace.parse(after) == null) {
            throw HttpProblem.badRequest("\"after\" must be the \"next\" of another page.");
        }
        Page<Entry> page = uploads.list(owner, limit(exchange), after);
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put(
                "files",
                page.items().stream()
                        .map(entry -> document(Uploads.About.of(entry), entry))
                        .toList());
        if (page.next() != null) {
            document.put("next", page.next());
        }
        document.put("total", page.total());
        document.put("bytes", uploads.space(owner).bytes());
        document.put("quota", uploads.life().hasQuota() ? uploads.life().quota() : null);
        exchange.respond(
                200,
                "application/json",
                (JsonMapper.shared().writeValueAsString(document) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static int limit(Exchange exchange) throws HttpProblem {
        String sent = exchange.queryParameter("limit").orElse("50");
        if (!sent.matches("[0-9]{1,3}") || Integer.parseInt(sent) < 1 || Integer.parseInt(sent) > MOST_LISTED) {
            throw HttpProblem.badRequest("\"limit\" must be a number from 1 to " + MOST_LISTED + ".");
        }
        return Integer.parseInt(sent);
    }

    private void about(Exchange exchange) throws HttpProblem, IOException {
        exchange.respond(200, "application/json", json(find(exchange)));
    }

    private void delete(Exchange exchange) throws HttpProblem, IOException {
        uploads.delete(find(exchange));
        exchange.respond(204);
    }

    private Uploads.About find(Exchange exchange) throws HttpProblem, IOException {
        return uploads.find(identity.owner(exchange), exchange.pathParameter("id"))
                .orElseThrow(() -> HttpProblem.notFound("There is no such file, or it is not yours."));
    }

    private byte[] json(Uploads.About about) {
        return (JsonMapper.shared().writeValueAsString(document(about, uploads.registered(about.id()))) + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, @Nullable Object> document(Uploads.About about, @Nullable Entry entry) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("id", about.id());
        document.put("name", about.name());
        document.put("mediaType", about.mediaType());
        document.put("size", about.size() < 0 ? null : about.size());
        document.put("sha256", about.sha256());
        document.put("url", about.isWhole() ? about.url() : null);
        document.put("createdAt", about.created());
        Instant removal = entry == null ? null : uploads.removal(entry);
        if (removal != null) {
            document.put("expiresAt", removal.toString());
        }
        return document;
    }
}
