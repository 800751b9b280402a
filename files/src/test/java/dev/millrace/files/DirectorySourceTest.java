package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectorySourceTest {
    private static final byte[] CONTENT = Bytes.random(300_000, 1);

    @TempDir
    Path folder;

    Path root;
    DirectorySource source;

    @BeforeEach
    void fill() throws IOException {
        root = Files.createDirectories(folder.resolve("root"));
        Files.createDirectories(root.resolve("sub/deep"));
        Files.write(root.resolve("film.mp4"), CONTENT);
        Files.write(root.resolve("sub/deep/a b%2e.txt"), CONTENT);
        Files.writeString(folder.resolve("secret.txt"), "secret");
        Files.createDirectories(folder.resolve("root-beside"));
        Files.writeString(folder.resolve("root-beside/secret.txt"), "secret");
        source = new DirectorySource(root);
    }

    private void isNotFound(String path) {
        assertThatThrownBy(() -> source.open(path).close()).isInstanceOf(SourceException.NotFound.class);
    }

    @Test
    void a_file_is_described() throws Exception {
        Instant modified = Instant.parse("2020-02-03T04:05:06.123456789Z");
        Files.setLastModifiedTime(root.resolve("film.mp4"), FileTime.from(modified));
        try (SourceFile file = source.open("film.mp4")) {
            assertThat(file.info().name()).isEqualTo("film.mp4");
            assertThat(file.info().size()).isEqualTo(CONTENT.length);
            assertThat(file.info().mediaType()).isEqualTo("video/mp4");
            assertThat(file.info().lastModified()).isEqualTo(modified);
            assertThat(file.info().tag().weak()).isFalse();
        }
    }

    @Test
    void a_name_is_taken_literally_and_never_decoded_again() throws Exception {
        try (SourceFile file = source.open("sub/deep/a b%2e.txt")) {
            assertThat(Bytes.fetch(file, 0, CONTENT.length)).isEqualTo(CONTENT);
        }
        isNotFound("sub/deep/a%20b%2e.txt");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret.txt",
                "sub/../../secret.txt",
                "sub/../film.mp4",
                "./film.mp4",
                "sub/./deep",
                "..",
                ".",
                "",
                "/",
                "/film.mp4",
                "//film.mp4",
                "film.mp4/",
                "sub//deep/a b%2e.txt",
                "/etc/passwd",
                "..\\secret.txt",
                "sub\\..\\..\\secret.txt",
                "..%2fsecret.txt",
                "%2e%2e/secret.txt",
                "..%5csecret.txt",
                "%252e%252e%252fsecret.txt",
                "..;/secret.txt",
                "..%00/secret.txt",
                "film.mp4\0",
                "film.mp4\0.txt",
                "film.mp4\n",
                "film.mp4 ",
                "FILM.MP4",
                "film.mp4/x",
                "film.mp4::$DATA",
                "~/secret.txt",
                "../root-beside/secret.txt",
                "\u2025/secret.txt",
                "\uFF0E\uFF0E/secret.txt",
                "\uD800",
                "C:\\secret.txt",
                "file:///etc/passwd",
                "sub",
                "sub/deep",
                "nothing"
            })
    void attacks_find_nothing(String path) {
        isNotFound(path);
    }

    @Test
    void a_name_too_long_for_the_file_system_is_not_found() {
        isNotFound("x".repeat(5000));
        isNotFound("x/".repeat(5000) + "x");
    }

    @Test
    void links_inside_are_followed_and_links_that_lead_outside_are_not_found() throws Exception {
        Files.createSymbolicLink(root.resolve("inside"), Path.of("sub/deep"));
        Files.createSymbolicLink(root.resolve("absolute.mp4"), root.resolve("film.mp4"));
        Files.createSymbolicLink(root.resolve("outside.txt"), folder.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("beside"), folder.resolve("root-beside"));
        Files.createSymbolicLink(root.resolve("chain"), root.resolve("outside.txt"));
        Files.createSymbolicLink(root.resolve("dangling"), root.resolve("gone"));
        Files.createSymbolicLink(root.resolve("loop"), root.resolve("loop"));
        source.open("inside/a b%2e.txt").close();
        source.open("absolute.mp4").close();
        isNotFound("outside.txt");
        isNotFound("up/secret.txt");
        isNotFound("up/root/film.mp4/../../secret.txt");
        isNotFound("beside/secret.txt");
        isNotFound("chain");
        isNotFound("dangling");
        isNotFound("loop");
    }

    @Test
    void the_root_itself_may_be_a_link() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), root);
        new DirectorySource(link).open("film.mp4").close();
    }

    @Test
    void what_is_no_regular_file_is_not_found_and_not_waited_for() throws Exception {
        Process mkfifo = new ProcessBuilder("mkfifo", root.resolve("pipe").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(root.resolve("socket")));
            Files.createSymbolicLink(root.resolve("null"), Path.of("/dev/null"));
            isNotFound("pipe");
            isNotFound("socket");
            isNotFound("null");
        }
    }

    @Test
    void the_tag_stays_as_long_as_the_file_does() throws Exception {
        EntityTag first = tag();
        assertThat(tag()).isEqualTo(first);
        source = new DirectorySource(root.resolve("sub/.."));
        assertThat(tag()).isEqualTo(first);
    }

    @Test
    void the_tag_changes_with_size_time_or_content() throws Exception {
        Path film = root.resolve("film.mp4");
        FileTime time = FileTime.from(Instant.parse("2020-02-03T04:05:06.000000001Z"));
        Files.setLastModifiedTime(film, time);
        EntityTag before = tag();
        Files.setLastModifiedTime(film, FileTime.from(time.toInstant().plusNanos(1)));
        EntityTag later = tag();
        Files.write(film, new byte[] {1}, StandardOpenOption.APPEND);
        Files.setLastModifiedTime(film, time);
        EntityTag longer = tag();
        Set<EntityTag> all = new HashSet<>(Set.of(before, later, longer));
        // Another file of the same size and time takes its place.
        for (int at : new int[] {0, CONTENT.length / 2, CONTENT.length - 1}) {
            byte[] other = CONTENT.clone();
            other[at] ^= 1;
            Files.write(root.resolve("new"), other);
            Files.setLastModifiedTime(root.resolve("new"), time);
            Files.move(root.resolve("new"), film, StandardCopyOption.ATOMIC_MOVE);
            all.add(tag());
        }
        assertThat(all).hasSize(6);
    }

    @Test
    void a_replica_with_a_copy_that_kept_its_time_gives_the_same_tag() throws Exception {
        Path copies = Files.createDirectories(folder.resolve("copies"));
        Files.copy(root.resolve("film.mp4"), copies.resolve("film.mp4"), StandardCopyOption.COPY_ATTRIBUTES);
        EntityTag first = tag();
        source = new DirectorySource(copies);
        assertThat(tag()).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 12_289})
    void files_of_any_size_have_tags(int size) throws Exception {
        Files.write(root.resolve("film.mp4"), Bytes.random(size, 2));
        assertThat(tag().weak()).isFalse();
    }

    private EntityTag tag() throws Exception {
        try (SourceFile file = source.open("film.mp4")) {
            return file.info().tag();
        }
    }

    @Test
    void a_file_that_is_replaced_or_removed_goes_on_from_the_old_one() throws Exception {
        try (SourceFile file = source.open("film.mp4")) {
            Files.write(root.resolve("new"), Bytes.random(CONTENT.length, 2));
            Files.move(root.resolve("new"), root.resolve("film.mp4"), StandardCopyOption.ATOMIC_MOVE);
            assertThat(Bytes.fetch(file, 0, CONTENT.length)).isEqualTo(CONTENT);
            Files.delete(root.resolve("film.mp4"));
            assertThat(Bytes.fetch(file, 0, CONTENT.length)).isEqualTo(CONTENT);
        }
    }

    @Test
    void a_file_that_is_cut_short_fails() throws Exception {
        try (SourceFile file = source.open("film.mp4")) {
            try (var writer = FileChannel.open(root.resolve("film.mp4"), StandardOpenOption.WRITE)) {
                writer.truncate(100_000);
            }
            assertThatThrownBy(() -> Bytes.fetch(file, 0, CONTENT.length))
                    .isInstanceOf(SourceException.Changed.class)
                    .hasMessageContaining("film.mp4");
        }
    }

    @Test
    void a_file_that_is_written_in_place_fails() throws Exception {
        // Long ago, so that the change cannot fall into the same tick of the file system's clock.
        Files.setLastModifiedTime(root.resolve("film.mp4"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        try (SourceFile file = source.open("film.mp4")) {
            assertThat(Bytes.fetch(file, 0, 1000)).isEqualTo(Bytes.slice(CONTENT, new ByteRange(0, 999)));
            Files.write(root.resolve("film.mp4"), Bytes.random(CONTENT.length, 2), StandardOpenOption.WRITE);
            assertThatThrownBy(() -> Bytes.fetch(file, 0, 1000)).isInstanceOf(SourceException.Changed.class);
        }
    }

    @Test
    void a_closed_file_fails_and_does_not_hang() throws Exception {
        SourceFile file = source.open("film.mp4");
        file.close();
        file.close();
        assertThatThrownBy(() -> Bytes.fetch(file, 0, 1)).isInstanceOf(SourceException.Failed.class);
    }

    @Test
    void a_root_that_is_a_file_is_refused_and_one_that_is_not_there_yet_is_empty() {
        assertThatThrownBy(() -> new DirectorySource(root.resolve("film.mp4")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("film.mp4");
        source = new DirectorySource(folder.resolve("later"));
        isNotFound("film.mp4");
    }

    @Test
    void a_reader_for_which_there_is_no_memory_is_told_to_come_back() throws Exception {
        BufferPool full = new BufferPool(0, bytes -> {
            throw new OutOfMemoryError("Cannot reserve so many bytes of direct buffer memory");
        });
        Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT, System::nanoTime, full);
        try (SourceFile file = source.open("film.mp4");
                RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
            assertThatThrownBy(reader::next)
                    .isInstanceOfSatisfying(
                            SourceException.Unavailable.class,
                            e -> assertThat(e.retryAfter()).isPositive());
        }
        assertThat(pipeline.openStreams()).isZero();
    }
}
