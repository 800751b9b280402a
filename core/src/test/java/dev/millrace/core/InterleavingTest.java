package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A short run of all {@code *Interleavings} under jcstress. For a long one, run {@code org.openjdk.jcstress.Main} on this
 * module's test classpath with {@code -t dev.millrace.core -m default}.
 */
class InterleavingTest {
    /** Tests of two actors. Those of three and four need as many processors, and jcstress leaves them out on fewer. */
    private static final int TESTS_OF_TWO = 15;

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
                        "-af",
                        "NONE",
                        "-sc",
                        "false",
                        "-spinStyle",
                        "THREAD_YIELD",
                        "-jvmArgs",
                        "-Xmx256m -XX:+UseSerialGC",
                        "-f",
                        "1",
                        "-fsm",
                        "1",
                        "-iters",
                        "1",
                        "-time",
                        "200",
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
        assertThat(jcstress.exitValue()).as(said).isZero();
        var counted = Pattern.compile("All remaining tests: (\\d+) matching").matcher(said);
        assertThat(counted.find()).as(said).isTrue();
        assertThat(Integer.parseInt(counted.group(1))).as(said).isGreaterThanOrEqualTo(TESTS_OF_TWO);
    }
}
