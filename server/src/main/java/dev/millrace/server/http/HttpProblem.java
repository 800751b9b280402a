package dev.millrace.server.http;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An error a client can meet, told as {@code application/problem+json} (RFC 9457). Its {@code type} is
 * {@code urn:millrace:problem:<slug>}; a slug, once published, keeps its meaning.
 *
 * <p>Throw it from an {@link Endpoint}. The detail says what was wrong, where, and what to do; it is shown to the client.
 */
public final class HttpProblem extends Exception {
    /** The media type of a problem document. */
    public static final String CONTENT_TYPE = "application/problem+json";

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String slug;
    private final String title;
    private final transient Map<String, String> headers = new LinkedHashMap<>();
    private final transient Map<String, Object> members = new LinkedHashMap<>();

    /** A problem with its HTTP status, stable slug, title (the same for every occurrence) and detail (of this one). */
    public HttpProblem(int status, String slug, String title, String detail) {
        // No stack trace: a client's mistake is no event of ours, and must be cheap for us.
        super(detail, null, false, false);
        this.status = status;
        this.slug = slug;
        this.title = title;
    }

    public static HttpProblem badRequest(String detail) {
        return new HttpProblem(400, "bad-request", "The request is not valid", detail);
    }

    public static HttpProblem notFound(String detail) {
        return new HttpProblem(404, "not-found", "There is nothing here", detail);
    }

    /** Adds a response header, for instance {@code Retry-After}. */
    public HttpProblem header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** Adds an extension member to the document; the value is anything Jackson writes. */
    public HttpProblem with(String member, Object value) {
        members.put(member, value);
        return this;
    }

    public int status() {
        return status;
    }

    public String slug() {
        return slug;
    }

    public String title() {
        return title;
    }

    /** What was wrong this time, for the client to read. */
    public String detail() {
        String detail = getMessage();
        return detail == null ? title : detail;
    }

    /** The response headers that belong to it. */
    public Map<String, String> headers() {
        return Map.copyOf(headers);
    }

    /** The document, in UTF-8. */
    byte[] toJson() {
        var document = new LinkedHashMap<String, @Nullable Object>();
        document.put("type", "urn:millrace:problem:" + slug);
        document.put("title", title);
        document.put("status", status);
        document.put("detail", detail());
        document.putAll(members);
        return JsonMapper.shared().writeValueAsBytes(document);
    }
}
