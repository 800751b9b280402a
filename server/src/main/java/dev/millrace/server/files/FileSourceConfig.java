package dev.millrace.server.files;

import dev.millrace.files.DirectorySource;
import dev.millrace.files.HttpOrigin;
import dev.millrace.files.MirroredSource;
import dev.millrace.files.S3Bucket;
import dev.millrace.files.S3Source;
import dev.millrace.files.Source;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How one source of files is configured: {@code files.sources.NAME} in {@code millrace.yaml}, or {@code --files NAME=DIR}. */
public sealed interface FileSourceConfig {

    /** Makes the source, and connects to nothing yet. */
    Source source();

    /** The same for one of several mirrors: another is asked sooner than this one is asked again. */
    default Source mirror() {
        return source();
    }

    /**
     * {@code {type: directory, path: DIR}}.
     *
     * @param path of a directory that exists
     */
    record Directory(Path path) implements FileSourceConfig {
        /** @throws IllegalArgumentException if {@code path} is not a directory */
        public Directory {
            if (!Files.isDirectory(path)) {
                throw new IllegalArgumentException(
                        (Files.exists(path) ? "not a directory: " : "no such directory: ") + path);
            }
        }

        @Override
        public Source source() {
            return new DirectorySource(path);
        }
    }

    /**
     * {@code {type: http, base: URL, headers: {NAME: VALUE, …}}}.
     *
     * @param base where the paths begin
     * @param headers sent with each request, to authorise it for example
     */
    record Http(URI base, Map<String, String> headers) implements FileSourceConfig {
        /** @throws IllegalArgumentException if {@code base} is no HTTP URL, or a header cannot be sent */
        public Http {
            headers = Map.copyOf(headers);
            var _ = settings(base, headers);
        }

        @Override
        public Source source() {
            return settings(base, headers).build();
        }

        @Override
        public Source mirror() {
            return settings(base, headers)
                    .retries(1, Duration.ofMillis(100), Duration.ofMillis(100))
                    .build();
        }

        private static HttpOrigin.Builder settings(URI base, Map<String, String> headers) {
            HttpOrigin.Builder origin = HttpOrigin.at(base);
            headers.forEach(origin::header);
            return origin;
        }

        /** Without the headers' values, which may be secrets. */
        @Override
        public String toString() {
            return "Http[base=" + base + ", headers=" + headers.keySet() + "]";
        }
    }

    /**
     * {@code {type: s3, bucket: NAME, prefix: FOLDERS, region: ID, endpoint: URL, accessKey: KEY, secretKey: KEY}}; all
     * but the bucket may be left out. Without keys Amazon's SDK looks for some: in the environment, in profiles, on the
     * instance.
     */
    record S3(
            String bucket,
            @Nullable String prefix,
            @Nullable String region,
            @Nullable URI endpoint,
            @Nullable String accessKey,
            @Nullable String secretKey)
            implements FileSourceConfig {
        /** @throws IllegalArgumentException if something cannot be so */
        public S3 {
            if ((accessKey == null) != (secretKey == null)) {
                throw new IllegalArgumentException("accessKey and secretKey belong together");
            }
            var _ = settings(bucket, prefix, region, endpoint);
        }

        @Override
        public Source source() {
            return signed().build();
        }

        @Override
        public Source mirror() {
            return signed().attempts(1).build();
        }

        /** The same place, to be written to. */
        S3Bucket bucketToWrite() {
            return signed().buildWritable();
        }

        private S3Source.Builder signed() {
            S3Source.Builder source = settings(bucket, prefix, region, endpoint);
            return accessKey == null || secretKey == null ? source : source.credentials(accessKey, secretKey);
        }

        private static S3Source.Builder settings(
                String bucket, @Nullable String prefix, @Nullable String region, @Nullable URI endpoint) {
            S3Source.Builder source = S3Source.of(bucket);
            if (prefix != null) {
                source.prefix(prefix);
            }
            if (region != null) {
                source.region(region);
            }
            return endpoint == null ? source : source.endpoint(endpoint);
        }

        /** Without the keys. */
        @Override
        public String toString() {
            return "S3[bucket=" + bucket + ", endpoint=" + endpoint + "]";
        }
    }

    /**
     * {@code {type: mirrors, of: {NAME: {type: http, …}, …}}}: the same files in several places.
     *
     * @param mirrors at least two, none of them a directory
     */
    record Mirrors(Map<String, FileSourceConfig> mirrors) implements FileSourceConfig {
        /** @throws IllegalArgumentException if that is not so */
        public Mirrors {
            mirrors = Collections.unmodifiableMap(new LinkedHashMap<>(mirrors));
            if (mirrors.size() < 2) {
                throw new IllegalArgumentException("needs at least two");
            }
            if (mirrors.values().stream().anyMatch(m -> m instanceof Directory || m instanceof Mirrors)) {
                throw new IllegalArgumentException("only http and s3 can be mirrors");
            }
        }

        @Override
        public Source source() {
            return new MirroredSource(
                    mirrors.values().stream().map(FileSourceConfig::mirror).toList());
        }
    }

    /** What a source may be called, since its name stands in URLs. */
    Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /**
     * Reads what {@code millrace.yaml} says of one source.
     *
     * @param name of the source
     * @param settings as YAML gives them
     * @throws IllegalArgumentException if something is wrong; the message begins with the setting's name
     */
    static FileSourceConfig of(String name, Map<String, ?> settings) {
        String at = "files.sources." + name;
        requireName(at, name);
        return read(at, settings);
    }

    /**
     * Reads where uploads are kept: a source of type {@code s3}.
     *
     * @throws IllegalArgumentException if something is wrong; the message begins with the setting's name
     */
    static S3 bucket(String at, Map<String, ?> settings) {
        Map<String, Object> typed = new LinkedHashMap<>(settings);
        typed.putIfAbsent("type", "s3");
        if (!(read(at, typed) instanceof S3 bucket)) {
            throw new IllegalArgumentException(at + ".type: must be s3, or be left out");
        }
        return bucket;
    }

    private static FileSourceConfig read(String at, Map<String, ?> settings) {
        return switch (text(at, settings, "type")) {
            case "directory" -> {
                refuseOthers(at, settings, Set.of("type", "path"));
                String path = text(at, settings, "path");
                yield naming(at + ".path", () -> new Directory(Path.of(path)));
            }
            case "http" -> {
                refuseOthers(at, settings, Set.of("type", "base", "headers"));
                String given = text(at, settings, "base");
                URI base = naming(at + ".base", () -> {
                    URI uri = URI.create(given);
                    var _ = HttpOrigin.at(uri);
                    return uri;
                });
                Map<String, String> headers = headers(at + ".headers", settings.get("headers"));
                yield naming(at + ".headers", () -> new Http(base, headers));
            }
            case "s3" -> {
                refuseOthers(
                        at,
                        settings,
                        Set.of("type", "bucket", "prefix", "region", "endpoint", "accessKey", "secretKey"));
                String bucket = text(at, settings, "bucket");
                String prefix = optional(at, settings, "prefix");
                String region = optional(at, settings, "region");
                String address = optional(at, settings, "endpoint");
                String accessKey = optional(at, settings, "accessKey");
                String secretKey = optional(at, settings, "secretKey");
                URI endpoint = address == null
                        ? null
                        : naming(at + ".endpoint", () -> {
                            URI uri = URI.create(address);
                            var _ = HttpOrigin.at(uri);
                            return uri;
                        });
                yield naming(at, () -> new S3(bucket, prefix, region, endpoint, accessKey, secretKey));
            }
            case "mirrors" -> {
                refuseOthers(at, settings, Set.of("type", "of"));
                Map<String, FileSourceConfig> mirrors = new LinkedHashMap<>();
                if (settings.get("of") instanceof Map<?, ?> given) {
                    given.forEach((name, one) -> mirrors.put(
                            String.valueOf(name), read(at + ".of." + name, mapping(at + ".of." + name, one))));
                }
                yield naming(at + ".of", () -> new Mirrors(mirrors));
            }
            case String type ->
                throw new IllegalArgumentException(at + ".type: must be directory, http, s3 or mirrors, not " + type);
        };
    }

    /**
     * Reads {@code NAME=DIR}.
     *
     * @throws IllegalArgumentException if it is not that, or there is no such directory
     */
    static Map.Entry<String, FileSourceConfig> ofOption(String option) {
        int equals = option.indexOf('=');
        if (equals < 1 || equals == option.length() - 1) {
            throw new IllegalArgumentException("--files: must be NAME=DIR, not " + option);
        }
        String name = option.substring(0, equals);
        requireName("--files", name);
        return Map.entry(name, naming("--files " + name, () -> new Directory(Path.of(option.substring(equals + 1)))));
    }

    private static void requireName(String at, String name) {
        if (name.equals(Uploads.SOURCE)) {
            throw new IllegalArgumentException(at + ": uploads is where uploaded files are; choose another name");
        }
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    at + ": a source's name has letters, digits and . _ - only, at most 64, not " + name);
        }
    }

    private static Map<String, ?> mapping(String at, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> given)) {
            throw new IllegalArgumentException(at + ": must be the settings of a source");
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        given.forEach((name, one) -> settings.put(String.valueOf(name), one));
        return settings;
    }

    private static @Nullable String optional(String at, Map<String, ?> settings, String key) {
        return settings.get(key) == null ? null : text(at, settings, key);
    }

    private static String text(String at, Map<String, ?> settings, String key) {
        return switch (settings.get(key)) {
            case null -> throw new IllegalArgumentException(at + "." + key + ": is missing");
            case String text when !text.isBlank() -> text;
            default -> throw new IllegalArgumentException(at + "." + key + ": must be a text");
        };
    }

    private static Map<String, String> headers(String at, @Nullable Object value) {
        return switch (value) {
            case null -> Map.of();
            case Map<?, ?> given -> {
                Map<String, String> headers = new LinkedHashMap<>();
                given.forEach((name, text) -> {
                    if (name instanceof String key && (text instanceof String || text instanceof Number)) {
                        headers.put(key, text.toString());
                    } else {
                        throw new IllegalArgumentException(at + "." + name + ": must be a text");
                    }
                });
                yield headers;
            }
            default -> throw new IllegalArgumentException(at + ": must be names and values");
        };
    }

    private static void refuseOthers(String at, Map<String, ?> settings, Set<String> known) {
        Set<String> others = new TreeSet<>(settings.keySet());
        others.removeAll(known);
        if (!others.isEmpty()) {
            throw new IllegalArgumentException(
                    at + "." + others.iterator().next() + ": unknown; known are " + new TreeSet<>(known));
        }
    }

    private static <T> T naming(String at, Supplier<T> made) {
        try {
            return made.get();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(at + ": not a path: " + e.getInput(), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(at + ": " + e.getMessage(), e);
        }
    }
}
