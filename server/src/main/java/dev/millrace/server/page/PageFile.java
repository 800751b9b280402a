package dev.millrace.server.page;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One file of the built page.
 *
 * @param folder where the page is on the class path, such as {@code /web/}
 * @param path below the page's folder, such as {@code assets/index-5f0c.js}
 * @param hash of its content, for an entity tag
 * @param compressed whether a copy compressed with gzip and one with brotli stand beside it
 */
record PageFile(String folder, String path, String hash, boolean compressed) {
    /** The whole file, in one of the codings {@code br}, {@code gzip} or, with null, as it is. */
    byte[] read(@Nullable String coding) throws IOException {
        String suffix = coding == null ? "" : coding.equals("br") ? ".br" : ".gz";
        try (InputStream in = PageFile.class.getResourceAsStream(folder + path + suffix)) {
            if (in == null) {
                throw new IOException("the page's list of files names " + path + suffix + ", which is not in the jar");
            }
            return in.readAllBytes();
        }
    }

    /** The best of the codings that a client takes (RFC 9110, 12.5.3); null = none. A coding with q=0 is not taken. */
    @Nullable String coding(String acceptEncoding) {
        if (!compressed) {
            return null;
        }
        return takes(acceptEncoding, "br") ? "br" : takes(acceptEncoding, "gzip") ? "gzip" : null;
    }

    private static boolean takes(String acceptEncoding, String coding) {
        for (String each : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = each.strip().split("\\s*;\\s*", 2);
            if (parts[0].equals(coding)) {
                return parts.length == 1 || !parts[1].matches("q=0(\\.0*)?");
            }
        }
        return false;
    }

    String mediaType() {
        String ending = path.substring(path.lastIndexOf('.') + 1);
        return switch (ending) {
            case "html" -> "text/html; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "svg" -> "image/svg+xml";
            case "json", "webmanifest" -> "application/json";
            case "woff2" -> "font/woff2";
            default -> "application/octet-stream";
        };
    }

    /** Whether its name has its content's hash in it, so that it never changes under that name. */
    boolean immutable() {
        return path.startsWith("assets/");
    }
}
