package dev.millrace.server.cli;

import dev.millrace.server.auth.ApiKeys;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace keys}: makes a key for an owner. */
@Command(
        name = "keys",
        aliases = "key",
        description = "Makes an API key, and the line of the configuration that lets its owner in.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "The key is on standard output, and nowhere else: give it to its owner. The configuration (on standard",
            "error) gets its hash. An owner may have several keys: put a comma between their hashes."
        })
final class KeyCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "OWNER",
            description = "Who gets it: letters, digits and . _ @ + - What is made with it is this owner's alone.")
    private @Nullable String owner;

    @Override
    public Integer call() {
        var command = Objects.requireNonNull(spec).commandLine();
        String name = Objects.requireNonNull(owner);
        String key = ApiKeys.newKey(new SecureRandom());
        String hash = ApiKeys.hash(key);
        try {
            var _ = ApiKeys.of(Map.of(name, List.of(hash)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, "OWNER: " + e.getMessage(), e);
        }
        command.getErr().println("auth:\n  keys:\n    \"" + name + "\": " + hash);
        command.getErr().flush();
        command.getOut().println(key);
        command.getOut().flush();
        return 0;
    }
}
