package dev.millrace.server.files;

import dev.millrace.files.FileInfo;
import dev.millrace.files.MediaTypes;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What a browser gets that goes to a link: the film, song, picture or PDF in a page, with a way to save it. */
final class PlayerPage {
    /** With the name, the element that plays, where to save it, and its size. */
    @SuppressWarnings("InlineFormatString") // a page is read more easily by itself
    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <title>%1$s</title>
            <style>
            html, body { height: 100%%; margin: 0; background: #111; color: #ddd; font: 16px system-ui, sans-serif }
            body { display: flex; flex-direction: column }
            main { flex: 1; min-height: 0; display: flex; align-items: center; justify-content: center }
            video, img { max-width: 100%%; max-height: 100%% }
            audio { width: min(90%%, 40em) }
            iframe { width: 100%%; height: 100%%; border: 0; background: #fff }
            footer { padding: .75em 1em; display: flex; gap: 1em; justify-content: space-between }
            a { color: #8cf }
            </style>
            <main>%2$s</main>
            <footer><span>%1$s</span><a href="%3$s" download>Download (%4$s)</a></footer>
            </html>
            """;

    private PlayerPage() {}

    /** A browser asks for HTML when it is sent somewhere, and for anything but that when it plays what it finds there. */
    static boolean isWanted(Exchange exchange, FileInfo file) throws HttpProblem {
        String accept = exchange.header("Accept").orElse("");
        return exchange.method().equals("GET")
                && exchange.header("Range").isEmpty()
                && exchange.queryParameter("raw").isEmpty()
                && accept.startsWith("text/html")
                && MediaTypes.safeInline(file.mediaType())
                && !element(file.mediaType(), "").isEmpty();
    }

    static void send(Exchange exchange, FileInfo file) throws HttpProblem, IOException {
        LinkQuery link = LinkQuery.of(exchange);
        String name = escaped(file.name());
        String itself = escaped("?exp=" + link.exp() + "&kid=" + link.kid() + "&sig=" + link.sig());
        String save = itself + "&amp;d=true";
        String page = PAGE.formatted(name, element(file.mediaType(), itself), save, size(file.size()));
        exchange.header("Cache-Control", "private, no-store")
                .header("Vary", "Accept")
                .header("Referrer-Policy", "no-referrer")
                .header(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self';"
                                + " frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
                .respond(200, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
    }

    private static String element(String mediaType, String source) {
        String type = mediaType.toLowerCase(Locale.ROOT);
        if (type.startsWith("video/")) {
            return "<video controls autoplay playsinline src=\"" + source + "\"></video>";
        }
        if (type.startsWith("audio/")) {
            return "<audio controls autoplay src=\"" + source + "\"></audio>";
        }
        if (type.startsWith("image/")) {
            return "<img alt=\"\" src=\"" + source + "\">";
        }
        // In a frame the browser asks for HTML again, which the marker says is not meant.
        return type.startsWith("application/pdf") ? "<iframe src=\"" + source + "&amp;raw=true\"></iframe>" : "";
    }

    private static String size(long bytes) {
        String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < units.length - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", amount, units[unit]);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
