package dev.millrace.files;

import static java.util.Map.entry;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Media types by file name, and which of them a browser may show in place. A table of our own, so that every replica
 * gives the same answer whatever is installed beside it. Types are those registered with IANA, or in common use where
 * none is.
 */
public final class MediaTypes {
    /** For everything that is not in the table. */
    public static final String UNKNOWN = "application/octet-stream";

    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            entry("mp4", "video/mp4"),
            entry("m4v", "video/mp4"),
            entry("mov", "video/quicktime"),
            entry("mkv", "video/matroska"),
            entry("webm", "video/webm"),
            entry("avi", "video/x-msvideo"),
            entry("mpg", "video/mpeg"),
            entry("mpeg", "video/mpeg"),
            entry("ogv", "video/ogg"),
            entry("3gp", "video/3gpp"),
            entry("ts", "video/mp2t"),
            entry("m3u8", "application/vnd.apple.mpegurl"),
            entry("mpd", "application/dash+xml"),
            entry("mp3", "audio/mpeg"),
            entry("m4a", "audio/mp4"),
            entry("aac", "audio/aac"),
            entry("ogg", "audio/ogg"),
            entry("oga", "audio/ogg"),
            entry("opus", "audio/ogg"),
            entry("flac", "audio/flac"),
            entry("wav", "audio/wav"),
            entry("weba", "audio/webm"),
            entry("jpg", "image/jpeg"),
            entry("jpeg", "image/jpeg"),
            entry("png", "image/png"),
            entry("gif", "image/gif"),
            entry("webp", "image/webp"),
            entry("avif", "image/avif"),
            entry("heic", "image/heic"),
            entry("bmp", "image/bmp"),
            entry("ico", "image/vnd.microsoft.icon"),
            entry("tif", "image/tiff"),
            entry("tiff", "image/tiff"),
            entry("svg", "image/svg+xml"),
            entry("pdf", "application/pdf"),
            entry("epub", "application/epub+zip"),
            entry("txt", "text/plain; charset=utf-8"),
            entry("log", "text/plain; charset=utf-8"),
            entry("md", "text/markdown; charset=utf-8"),
            entry("csv", "text/csv; charset=utf-8"),
            entry("vtt", "text/vtt; charset=utf-8"),
            entry("srt", "application/x-subrip"),
            entry("html", "text/html; charset=utf-8"),
            entry("htm", "text/html; charset=utf-8"),
            entry("css", "text/css; charset=utf-8"),
            entry("js", "text/javascript; charset=utf-8"),
            entry("mjs", "text/javascript; charset=utf-8"),
            entry("json", "application/json"),
            entry("jsonl", "application/jsonl"),
            entry("xml", "application/xml"),
            entry("yaml", "application/yaml"),
            entry("yml", "application/yaml"),
            entry("wasm", "application/wasm"),
            entry("zip", "application/zip"),
            entry("gz", "application/gzip"),
            entry("tgz", "application/gzip"),
            entry("zst", "application/zstd"),
            entry("tar", "application/x-tar"),
            entry("7z", "application/x-7z-compressed"),
            entry("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            entry("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            entry("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            entry("woff2", "font/woff2"));

    /** Types that carry no script of their own and that a browser shows without running anything. */
    private static final Set<String> SAFE_INLINE = Set.of(
            "application/pdf",
            "application/json",
            "text/plain",
            "text/vtt",
            "image/jpeg",
            "image/png",
            "image/gif",
            "image/webp",
            "image/avif",
            "image/heic",
            "image/bmp",
            "image/tiff",
            "image/vnd.microsoft.icon");

    private MediaTypes() {}

    /** By the name's extension, in any case; {@link #UNKNOWN} if it has none or one that is not in the table. */
    public static String ofName(String name) {
        int dot = name.lastIndexOf('.');
        String extension = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return BY_EXTENSION.getOrDefault(extension, UNKNOWN);
    }

    /**
     * Whether a browser may show it in place, on our origin. All audio and video is; HTML, SVG, XML and everything unknown
     * is not, since it could run script with the rights of this server's pages.
     */
    public static boolean safeInline(String mediaType) {
        String essence = essence(mediaType);
        return essence.startsWith("video/") || essence.startsWith("audio/") || SAFE_INLINE.contains(essence);
    }

    private static String essence(String mediaType) {
        int semicolon = mediaType.indexOf(';');
        return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
    }
}
