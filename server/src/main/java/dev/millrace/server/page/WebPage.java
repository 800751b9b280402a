package dev.millrace.server.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves the built page from the class path: the one document under every address that the page knows, its assets under
 * names that change with their content. Any thread; what is served is the list that the build wrote, and no other file.
 */
public final class WebPage {
    private static final String FOLDER = "/web/";

    /** One line for each file: its hash, {@code c} if it is there compressed, too, or {@code -}, and its path. */
    private static final String LIST = "files.txt";

    private static final String DOCUMENT = "index.html";

    /** What the page's own addresses are; it finds out by itself what stands there. */
    private static final String[] VIEWS = {"/chats", "/chats/{id}", "/agents", "/agents/{name}", "/inside"};

    /**
     * Nothing from elsewhere, and no code but the page's own files. Pictures may be made by the page itself ({@code blob:},
     * {@code data:}); a picture of another site would tell that site what is read here.
     */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self';"
            + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private final FrontPage front;
    private final Map<String, PageFile> files;

    private WebPage(FrontPage front, Map<String, PageFile> files) {
        this.front = front;
        this.files = Map.copyOf(files);
    }

    /** The page that was built with this server, if one was; {@code front} is for whoever wants no page. */
    public static WebPage built(FrontPage front) {
        return in(FOLDER, front);
    }

    /** The page in this folder of the class path. */
    static WebPage in(String folder, FrontPage front) {
        return new WebPage(front, listed(folder));
    }

    private static Map<String, PageFile> listed(String folder) {
        var files = new TreeMap<String, PageFile>();
        try (InputStream list = WebPage.class.getResourceAsStream(folder + LIST)) {
            if (list != null) {
                for (String line : new String(list.readAllBytes(), UTF_8).split("\n", -1)) {
                    String[] words = line.split(" ", 3);
                    if (words.length == 3) {
                        files.put(words[2], new PageFile(folder, words[2], words[0], words[1].equals("c")));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** Adds its routes, open to everybody: there is nothing in the page that is not in its sources. */
    public void register(Router router) {
        router.get("/", this::view).open("/");
        for (String view : VIEWS) {
            router.get(view, this::view).open(view);
        }
        router.get("/assets/{file...}", this::asset).open("/assets/{file...}");
        router.get("/icon.svg", exchange -> send(exchange, file("icon.svg"))).open("/icon.svg");
    }

    /** Who asks for HTML gets the page; programs and curious people with {@code curl} get a few lines of text. */
    private void view(Exchange exchange) throws HttpProblem, IOException {
        exchange.header("Vary", "Accept, Accept-Encoding");
        PageFile document = files.get(DOCUMENT);
        if (exchange.header("Accept").orElse("").contains("text/html") && document != null) {
            send(exchange, document);
        } else if (exchange.path().equals("/")) {
            front.send(exchange, document != null);
        } else {
            throw HttpProblem.notFound("Here is a view of the web page, for browsers (Accept: text/html)."
                    + (document == null ? " This server was built without it." : ""));
        }
    }

    private void asset(Exchange exchange) throws HttpProblem, IOException {
        exchange.header("Vary", "Accept-Encoding");
        send(exchange, file("assets/" + exchange.pathParameter("file")));
    }

    private PageFile file(String path) throws HttpProblem {
        PageFile file = files.get(path);
        if (file == null) {
            throw HttpProblem.notFound("The web page has no such file, or not any more.");
        }
        return file;
    }

    private static void send(Exchange exchange, PageFile file) throws IOException {
        String coding = file.coding(exchange.header("Accept-Encoding").orElse(""));
        // One tag for each form of the content (RFC 9110, 8.8.1).
        String tag = '"' + file.hash() + (coding == null ? "" : "-" + coding) + '"';
        exchange.header("ETag", tag)
                .header("Cache-Control", file.immutable() ? "public, max-age=31536000, immutable" : "no-cache")
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .header("Cross-Origin-Opener-Policy", "same-origin")
                .header("Content-Security-Policy", POLICY);
        if (known(exchange.header("If-None-Match").orElse(null), tag)) {
            exchange.respond(304);
            return;
        }
        if (coding != null) {
            exchange.header("Content-Encoding", coding);
        }
        exchange.respond(200, file.mediaType(), file.read(coding));
    }

    /** Weak comparison (RFC 9110, 13.1.2): a proxy may have made the tag a weak one. */
    private static boolean known(@Nullable String ifNoneMatch, String tag) {
        if (ifNoneMatch == null) {
            return false;
        }
        for (String each : ifNoneMatch.split(",", -1)) {
            String held = each.strip();
            if (held.equals("*") || held.equals(tag) || held.equals("W/" + tag)) {
                return true;
            }
        }
        return false;
    }
}
