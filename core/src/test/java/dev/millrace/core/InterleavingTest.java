package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A short run of all {@code *Interleavings} under jcstress. For a long one, run {@code org.openjdk.jcstress.Main} on this
 * module's test classpath with {@code -t dev.millrace.core -m default}.
 */
class InterleavingTest {
    private static final int TESTS = 11;

    @Test
    @Timeout(value = 180, unit = TimeUnit.SECONDS)
    void no_forbidden_outcome_is_seen(@TempDir Path results) throws Exception {
        Path log = results.resolve("jcstress.log");
        Process jcstress = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "org.openjdk.jcstress.Main",
                        "-t",
                        "dev.millrace.core",
                        "-m",
                        "sanity",
                        "-r",
                        results.toString()))
                .directory(results.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(jcstress.waitFor(170, TimeUnit.SECONDS))
                    .as("jcstress ends in time")
                    .isTrue();
        } finally {
            jcstress.descendants().forEach(ProcessHandle::destroyForcibly);
            jcstress.destroyForcibly();
        }
        String said = Files.readString(log);
        System.out.println(said);
        assertThat(jcstress.exitValue()).as(said).isZero();
    }
}
