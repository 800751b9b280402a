package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogOfLastResortTest {
    private final LoggerContext context = new LoggerContext();
    private final Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);

    private final Map<String, Optional<String>> before = new HashMap<>();

    @BeforeEach
    void nothingIsSaid() {
        for (String property : List.of(LogOfLastResort.LEVEL, ClassicConstants.CONFIG_FILE_PROPERTY)) {
            before.put(property, Optional.ofNullable(System.getProperty(property)));
            System.clearProperty(property);
        }
    }

    @AfterEach
    void asItWas() {
        before.forEach((property, value) -> value.ifPresentOrElse(
                said -> System.setProperty(property, said), () -> System.clearProperty(property)));
        context.stop();
    }

    @Test
    void a_program_with_a_configuration_of_its_own_keeps_it() {
        assertThat(ClassLoader.getSystemResource("logback-test.xml")).isNotNull();

        assertThat(new LogOfLastResort().configure(context)).isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
        assertThat(root.iteratorForAppenders()).isExhausted();
    }

    @Test
    void the_servers_own_log_is_for_standard_error_and_as_loud_as_it_is_told() {
        System.setProperty(LogOfLastResort.LEVEL, "DEBUG");

        assertThat(new LogOfLastResort().configure(context)).isEqualTo(ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
        assertThat(root.getAppender("STDERR").isStarted()).isTrue();
        assertThat(context.getLogger("dev.millrace").getEffectiveLevel()).isEqualTo(Level.DEBUG);
        assertThat(context.getLogger("org.eclipse.jetty").getEffectiveLevel()).isEqualTo(Level.WARN);
    }

    @Test
    void a_file_that_is_named_wins_over_it() {
        System.setProperty(LogOfLastResort.LEVEL, "DEBUG");
        System.setProperty(ClassicConstants.CONFIG_FILE_PROPERTY, "mine.xml");

        assertThat(new LogOfLastResort().configure(context)).isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
    }
}
