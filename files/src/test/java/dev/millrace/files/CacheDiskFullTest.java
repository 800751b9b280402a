package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cache whose disk is full before its own bound is reached. */
class CacheDiskFullTest {
    private static final int MIB = 1 << 20;
    private static final byte[] CONTENT = Bytes.random(6_000_000, 71);

    @TempDir
    Path folder;

    private ScriptedOrigin origin;
    private final Pipeline pipeline = new Pipeline(new Pipeline.Settings(4, 8, 0, 128L << 20, 100));

    @BeforeEach
    void start() throws IOException {
        origin = new ScriptedOrigin(CONTENT);
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    private SmallDisk disk(boolean real) throws Exception {
        return real ? SmallDisk.of(2 * MIB, folder) : SmallDisk.inMemory(2 * MIB);
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private byte[] read(BlockCache cache) throws Exception {
        try (HttpOrigin http = origin.source().build();
                CachedSource source = new CachedSource("films", http, cache, Duration.ZERO);
                SourceFile file = source.open("film.mp4");
                RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
            return Bytes.readAll(reader);
        }
    }

    private long fetched() {
        return origin.requests.stream()
                .filter(ScriptedOrigin.Request::isFetch)
                .mapToLong(r -> r.last() - r.first() + 1)
                .sum();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readers_go_on_and_what_was_kept_before_is_still_good(boolean real) throws Exception {
        try (SmallDisk disk = disk(real)) {
            try (BlockCache cache = BlockCache.inFolder(MIB, disk.root(), 64 * MIB)) {
                assertThat(read(cache)).isEqualTo(CONTENT);
                assertThat(read(cache)).isEqualTo(CONTENT);
            }
            assertThat(files(disk.root()))
                    .as("units in %s", disk.root())
                    .isNotEmpty()
                    .noneMatch(path -> path.toString().endsWith(".part"));
            origin.requests.clear();
            try (BlockCache cache = BlockCache.inFolder(MIB, disk.root(), 64 * MIB)) {
                long kept = cache.statistics().diskBytes();
                assertThat(kept).isBetween(MIB / 2L, 2L * MIB);
                assertThat(read(cache)).isEqualTo(CONTENT);
                assertThat(fetched()).isLessThanOrEqualTo(CONTENT.length - kept * 9 / 10);
            }
        }
    }

    @Test
    void an_older_film_makes_room_when_the_disk_is_smaller_than_the_bound() throws Exception {
        try (SmallDisk disk = disk(false)) {
            try (BlockCache cache = BlockCache.inFolder(MIB, disk.root(), 64 * MIB)) {
                read(cache);
            }
            // The operator sees the warning, and sets a bound that the disk has room for.
            origin.content = Bytes.random(CONTENT.length, 72);
            origin.etag = "\"v2\"";
            try (BlockCache cache = BlockCache.inFolder(MIB, disk.root(), MIB)) {
                assertThat(cache.statistics().diskBytes()).isLessThanOrEqualTo(MIB);
                assertThat(read(cache)).isEqualTo(origin.content);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        // What the cache renames while we look cannot be looked at.
                        .ignoreExceptionsMatching(UncheckedIOException.class::isInstance)
                        .until(() -> files(disk.root()).size() >= 14);
                assertThat(cache.statistics().diskBytes()).isLessThanOrEqualTo(MIB);
            }
        }
    }
}
