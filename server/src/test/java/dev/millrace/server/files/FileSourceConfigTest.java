package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.files.DirectorySource;
import dev.millrace.files.HttpOrigin;
import dev.millrace.files.MirroredSource;
import dev.millrace.files.S3Source;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileSourceConfigTest {
    @TempDir
    Path folder;

    private static void isRefused(String message, Map<String, ?> settings) {
        assertThatThrownBy(() -> FileSourceConfig.of("films", settings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void a_directory_is_read() {
        FileSourceConfig config = FileSourceConfig.of("films", Map.of("type", "directory", "path", folder.toString()));
        assertThat(config).isEqualTo(new FileSourceConfig.Directory(folder));
        assertThat(config.source()).isInstanceOf(DirectorySource.class);
    }

    @Test
    void an_origin_is_read_and_its_secrets_are_not_shown() {
        FileSourceConfig config = FileSourceConfig.of(
                "films",
                Map.of("type", "http", "base", "http://host/a/", "headers", Map.of("Authorization", "Bearer secret")));
        assertThat(config)
                .isEqualTo(new FileSourceConfig.Http(
                        URI.create("http://host/a/"), Map.of("Authorization", "Bearer secret")));
        assertThat(config.toString()).contains("Authorization").doesNotContain("secret");
        try (var source = config.source()) {
            assertThat(source).isInstanceOf(HttpOrigin.class);
        }
    }

    @Test
    void what_is_wrong_is_named() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        isRefused("files.sources.films.type: is missing", Map.of());
        isRefused("files.sources.films.type: must be directory, http, s3 or mirrors, not ftp", Map.of("type", "ftp"));
        isRefused("files.sources.films.path: is missing", Map.of("type", "directory"));
        isRefused("files.sources.films.path: must be a text", Map.of("type", "directory", "path", 7));
        isRefused(
                "files.sources.films.path: no such directory",
                Map.of("type", "directory", "path", folder.resolve("nothing").toString()));
        isRefused("files.sources.films.path: not a directory", Map.of("type", "directory", "path", file.toString()));
        isRefused("files.sources.films.path: not a path", Map.of("type", "directory", "path", "a\0b"));
        isRefused(
                "files.sources.films.pth: unknown", Map.of("type", "directory", "path", folder.toString(), "pth", "x"));
        isRefused("files.sources.films.base: need a URL", Map.of("type", "http", "base", "films"));
        isRefused("files.sources.films.base: ", Map.of("type", "http", "base", "http://a b/"));
        isRefused(
                "files.sources.films.headers: the header Range",
                Map.of("type", "http", "base", "http://host/", "headers", Map.of("Range", "x")));
        isRefused(
                "files.sources.films.headers: must be names and values",
                Map.of("type", "http", "base", "http://host/", "headers", List.of("x")));
        isRefused(
                "files.sources.films.headers.X: must be a text",
                Map.of("type", "http", "base", "http://host/", "headers", Map.of("X", List.of())));
    }

    @Test
    void a_bucket_is_read_and_its_keys_are_not_shown() {
        FileSourceConfig config = FileSourceConfig.of(
                "films",
                Map.of(
                        "type", "s3",
                        "bucket", "films",
                        "prefix", "2026",
                        "endpoint", "http://127.0.0.1:9000",
                        "accessKey", "AKIA",
                        "secretKey", "very secret"));
        assertThat(config.toString()).contains("films").doesNotContain("secret", "AKIA");
        try (var source = config.source()) {
            assertThat(source).isInstanceOf(S3Source.class);
        }
        isRefused("files.sources.films.bucket: is missing", Map.of("type", "s3"));
        isRefused("files.sources.films: not the name of an S3 bucket", Map.of("type", "s3", "bucket", "A b"));
        isRefused(
                "files.sources.films: accessKey and secretKey belong together",
                Map.of("type", "s3", "bucket", "films", "accessKey", "a"));
        isRefused("files.sources.films.endpoint: ", Map.of("type", "s3", "bucket", "films", "endpoint", "ftp://host/"));
    }

    @Test
    void mirrors_are_read_each_as_a_source_of_its_own() {
        Map<String, Object> one = Map.of("type", "http", "base", "http://one/");
        Map<String, Object> two = Map.of("type", "http", "base", "http://two/");
        FileSourceConfig config =
                FileSourceConfig.of("films", Map.of("type", "mirrors", "of", Map.of("a", one, "b", two)));
        try (var source = config.source()) {
            assertThat(source).isInstanceOf(MirroredSource.class);
        }
        isRefused("files.sources.films.of: needs at least two", Map.of("type", "mirrors", "of", Map.of("a", one)));
        isRefused(
                "files.sources.films.of: only http and s3",
                Map.of(
                        "type",
                        "mirrors",
                        "of",
                        Map.of("a", one, "b", Map.of("type", "directory", "path", folder.toString()))));
        isRefused(
                "files.sources.films.of.b.base: is missing",
                Map.of("type", "mirrors", "of", Map.of("a", one, "b", Map.of("type", "http"))));
    }

    @Test
    void the_name_of_uploads_is_taken() {
        assertThatThrownBy(() -> FileSourceConfig.of("uploads", Map.of("type", "directory", "path", folder.toString())))
                .hasMessageStartingWith("files.sources.uploads: uploads is where uploaded files are");
    }

    @Test
    void the_short_form_is_read() {
        assertThat(FileSourceConfig.ofOption("films=" + folder))
                .isEqualTo(Map.entry("films", new FileSourceConfig.Directory(folder)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "films", "films=", "=/tmp", "a/b=/tmp", "..=/tmp", "films=/no/such/directory"})
    void a_short_form_that_is_none_is_refused(String option) {
        assertThatThrownBy(() -> FileSourceConfig.ofOption(option))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--files");
    }
}
