package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that fills a cache is killed, and the next one finds whole units or none. */
class CacheKillTest {
    private static final String VERSION = "0123456789abcdef0123456789abcdef";

    /** Unit i of the file: what it holds can be told from its number. */
    private static byte[] unit(long i) {
        return Bytes.random(CacheKey.UNIT, i);
    }

    /** The process. */
    static final class Filler {
        private Filler() {}

        public static void main(String[] args) throws IOException {
            CacheFolder folder = CacheFolder.open(Path.of(args[0]), 1L << 40);
            for (long i = 0; ; i++) {
                folder.write(new CacheKey(VERSION, i, false), ByteBuffer.wrap(unit(i)));
            }
        }
    }

    /** How many files are there; those that are renamed meanwhile may be missed. */
    private static long files(Path folder) throws IOException {
        AtomicLong files = new AtomicLong();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.incrementAndGet();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
        return files.get();
    }

    @Test
    void a_killed_writer_leaves_whole_units_only(@TempDir Path folder) throws Exception {
        Process filler = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Filler.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> files(folder) > 200);
        } finally {
            filler.destroyForcibly().waitFor();
        }
        CacheFolder found = CacheFolder.open(folder, 1L << 40);
        assertThat(found.bytes()).isPositive();
        int whole = 0;
        for (long i = 0; i < files(folder); i++) {
            ByteBuffer content = found.read(new CacheKey(VERSION, i, false), CacheKey.UNIT);
            if (content != null) {
                assertThat(content).isEqualTo(ByteBuffer.wrap(unit(i)));
                whole++;
            }
        }
        assertThat(whole).isGreaterThanOrEqualTo(199);
        try (Stream<Path> all = Files.walk(folder)) {
            assertThat(all.filter(path -> path.toString().endsWith(".part"))).isEmpty();
        }
    }
}
