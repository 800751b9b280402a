package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.auth.ApiKeys;
import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.config.ConfigFile;
import dev.millrace.server.config.ModelSettings;
import dev.millrace.server.config.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/** What the command line says when it can't do what it is asked: one sentence that names the setting, and how it ends. */
class CommandLineTest {
    @TempDir
    Path folder;

    private record Ended(int code, String out, String err) {}

    private static Ended run(Map<String, String> environment, String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = MillraceCommand.commandLine(environment, args);
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int code = command.execute(args);
        return new Ended(code, out.toString(), err.toString());
    }

    private static void assertRefused(Ended ended, int code, String... words) {
        assertThat(ended.code()).as(ended.err()).isEqualTo(code);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).startsWith("millrace: ").contains(words).doesNotContain("\tat ", "Exception");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --prot 8080                           | --prot
            --port eighty                         | --port
            --port 65536                          | --port
            --port -1                             | --port
            --memory --data d                     | --memory
            --store postgresql://h/db --data d    | --store
            --store postgresql://h/db --memory    | --store
            --store sqlite:there                  | --store
            --files films                         | --files
            --files films=nowhere                 | --files
            --files a/b=.                         | --files
            --tls-cert nowhere.pem --tls-key k    | tls-cert
            --config nowhere.yaml                 | --config
            --log-level LOUD                      | --log-level
            --host no.such.host.invalid --memory  | --host
            """)
    void a_setting_that_cannot_be_used_is_named(String options, String named) {
        assertRefused(run(Map.of(), ("serve " + options).split(" ")), 2, named);
    }

    @Test
    void a_command_that_is_known_alone_says_of_itself_what_it_says_among_the_others() {
        var all = MillraceCommand.commandLine(Map.of()).getSubcommands();
        assertThat(all).containsKeys("serve", "send", "get", "list", "cancel", "subscribe", "card", "link", "keys");
        all.forEach((name, command) -> {
            var alone = MillraceCommand.commandLine(Map.of(), name, "--help").getSubcommands();
            assertThat(alone).containsKey(name);
            assertThat(alone.get(name).getUsageMessage()).isEqualTo(command.getUsageMessage());
        });
    }

    private static ServeCommand byTheLibrary(String... options) {
        var line = new ArrayList<>(List.of("serve"));
        line.addAll(List.of(options));
        var parsed = MillraceCommand.commandLine(Map.of(), "serve").parseArgs(line.toArray(String[]::new));
        return (ServeCommand) parsed.subcommand().commandSpec().userObject();
    }

    private static @Nullable ServeCommand plainly(String... options) {
        return ServeCommand.plainly(Map.of(), List.of(), List.of(options), new PrintWriter(new StringWriter()));
    }

    @Test
    void every_option_of_serve_is_understood_as_the_library_understands_it() {
        Map<String, String> values = Map.of("--port", "8081", "--log-level", "DEBUG", "--files", "films=/srv/films");
        var serve =
                MillraceCommand.commandLine(Map.of(), "serve").getSubcommands().get("serve");
        int options = 0;
        for (OptionSpec option : serve.getCommandSpec().options()) {
            if (option.usageHelp() || option.versionHelp()) {
                continue;
            }
            String name = option.longestName();
            String value = values.getOrDefault(name, "some=thing");
            String[][] lines = option.arity().max() == 0
                    ? new String[][] {{name}}
                    : new String[][] {{name, value}, {name + "=" + value}};
            for (String[] line : lines) {
                assertThat(plainly(line))
                        .as(String.join(" ", line))
                        .usingRecursiveComparison()
                        .ignoringFields("spec", "out")
                        .isEqualTo(byTheLibrary(line));
            }
            options++;
        }
        assertThat(options).isEqualTo(11);
        String[] all = "--host h --port=0 --memory --files a=b --files=c=d --config c.yaml --insecure".split(" ");
        assertThat(plainly(all))
                .usingRecursiveComparison()
                .ignoringFields("spec", "out")
                .isEqualTo(byTheLibrary(all));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "-h",
                "-V",
                "--prot 1",
                "--port",
                "--port=",
                "--port eighty",
                "--port --memory",
                "--memory --memory",
                "--memory=true",
                "--host a --host b",
                "--data @there",
                "--data 'x",
                "-- --memory",
                "words",
                "--port 1 words"
            })
    void what_is_not_plain_is_left_to_the_library(String line) {
        assertThat(plainly(line.split(" "))).isNull();
    }

    @Test
    void a_key_is_printed_and_its_hash_is_what_the_configuration_takes() throws IOException {
        Ended made = run(Map.of(), "key", "alice");
        assertThat(made.code()).isZero();
        String key = made.out().strip();
        assertThat(key).matches("mr_[A-Za-z0-9_-]{43}");
        assertThat(made.err()).doesNotContain(key).contains(ApiKeys.hash(key));

        var settings = Settings.builder();
        ConfigFile.read(Files.writeString(folder.resolve("millrace.yaml"), made.err()), Map.of())
                .applyTo(settings, new ModelSettings(Map.of()));
        assertThat(settings.build().auth())
                .isEqualTo(AuthSettings.open().withKeys(Map.of("alice", List.of(ApiKeys.hash(key)))));

        assertThat(run(Map.of(), "key", "alice").out()).isNotEqualTo(made.out());
        assertRefused(run(Map.of(), "key", "oidc:alice"), 2, "OWNER");
        assertRefused(run(Map.of(), "key"), 2, "OWNER");
    }

    @Test
    void a_certificate_without_its_key_is_refused() throws IOException {
        Path cert = Files.writeString(folder.resolve("cert.pem"), "");

        assertRefused(run(Map.of(), "serve", "--tls-cert", cert.toString()), 2, "tls-cert", "--tls-key");
        assertRefused(run(Map.of(), "serve", "--tls-key", cert.toString()), 2, "tls-key", "--tls-cert");
    }

    @Test
    void a_certificate_that_is_none_is_refused_by_its_file() throws IOException {
        Path cert = Files.writeString(folder.resolve("cert.pem"), "not a certificate");
        String[] args = {"serve", "--memory", "--port", "0", "--tls-cert", cert.toString(), "--tls-key", cert.toString()
        };

        assertRefused(run(Map.of(), args), 2, "--tls-cert", cert.toString());
    }

    @Test
    void a_port_in_use_is_told_as_such() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(other.getLocalPort());

            assertRefused(run(Map.of(), "serve", "--memory", "--port", port), 1, "--port", port, "in use");
        }
    }

    @Test
    void a_data_folder_that_is_a_file_is_told_as_such() throws IOException {
        Path file = Files.writeString(folder.resolve("data"), "");

        assertRefused(run(Map.of(), "serve", "--port", "0", "--data", file.toString()), 1, file.toString());
    }

    @Test
    void a_wrong_level_in_the_environment_is_named_as_what_it_is() {
        assertRefused(run(Map.of("LOG_LEVEL", "LOUD"), "serve", "--memory"), 2, "LOG_LEVEL");
    }

    @Test
    void a_wrong_model_in_the_environment_is_named_as_what_it_is() {
        assertRefused(run(Map.of("OPENAI_BASE_URL", "nonsense"), "serve", "--memory"), 2, "OPENAI_BASE_URL");
        assertRefused(run(Map.of("OPENAI_BASE_URL", "http://localhost:1/v1"), "serve", "--memory"), 2, "model.name");
    }

    @Test
    void a_wrong_key_of_the_file_is_named_with_the_file_and_the_nearest_key() throws IOException {
        Path file = Files.writeString(folder.resolve("millrace.yaml"), "server: {prot: 1}\n");

        assertRefused(
                run(Map.of(), "serve", "--config", file.toString()), 2, file.toString(), "server.prot", "server.port?");
    }

    @Test
    void an_unknown_command_is_refused() {
        assertRefused(run(Map.of(), "srve"), 2, "srve");
    }

    @Test
    void help_and_version_go_to_standard_output() {
        assertThat(run(Map.of(), "--help").out()).contains("serve", "send").doesNotContain("rehearse");
        assertThat(run(Map.of(), "serve", "--help").out()).contains("--port", "--data", "--files");
        assertThat(run(Map.of(), "send", "--help").out()).contains("URL", "TEXT");
        assertThat(run(Map.of(), "--version").out()).startsWith("millrace ");
    }

    @Test
    void the_rehearsal_of_a_start_goes_through() {
        assertThat(run(Map.of(), "rehearse", "--rounds=2")).isEqualTo(new Ended(0, "", ""));
    }
}
