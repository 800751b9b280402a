package dev.millrace.server.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aClientBuilder;
import dev.millrace.client.A2aException;
import dev.millrace.client.Binding;
import dev.millrace.client.ConnectionFailed;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Which agent a command talks to, and how: what all commands that are clients have in common. */
final class PeerOptions {
    /** It could not be asked, or said no. */
    static final int REFUSED = 2;

    /** What a command does with the agent. */
    interface Talk {
        int with(A2aClient agent) throws Exception;
    }

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "URL", description = "The agent's server, its card, or its interface.")
    private @Nullable URI url;

    @Option(
            names = "--binding",
            paramLabel = "NAME",
            converter = BindingName.class,
            description = "Talk over jsonrpc, rest or grpc. Default: what the agent's card prefers.")
    private @Nullable Binding binding;

    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            description = "Send this header with each request; may be repeated.")
    private List<String> headers = List.of();

    @Option(
            names = "--trust",
            paramLabel = "PEM",
            description = "Trust the certificates in this file instead of the system's.")
    private @Nullable Path trust;

    @Option(
            names = "--cert",
            paramLabel = "PEM",
            description = "Show this certificate to a server that asks for one; needs --key.")
    private @Nullable Path certificate;

    @Option(names = "--key", paramLabel = "PEM", description = "The private key of --cert, PKCS#8.")
    private @Nullable Path key;

    /** {@code rest}, as people say it, beside A2A's own names. */
    static final class BindingName implements ITypeConverter<Binding> {
        @Override
        public Binding convert(String value) {
            String name = value.toLowerCase(Locale.ROOT).equals("rest") ? "HTTP+JSON" : value;
            return Binding.named(name)
                    .orElseThrow(() -> new TypeConversionException(
                            "\"" + value + "\" is none of jsonrpc, rest (or http+json), grpc"));
        }
    }

    String url() {
        return String.valueOf(url);
    }

    A2aClientBuilder builder() {
        try {
            A2aClientBuilder builder = A2aClient.at(requireNonNull(url, "URL"));
            if (binding != null) {
                builder.bindings(binding);
            }
            for (String header : headers) {
                int colon = header.indexOf(':');
                if (colon < 1) {
                    throw new IllegalArgumentException("--header \"" + header + "\" must look like 'Name: value'");
                }
                builder.header(
                        header.substring(0, colon).strip(),
                        header.substring(colon + 1).strip());
            }
            if (trust != null) {
                builder.trust(trust);
            }
            if ((certificate == null) != (key == null)) {
                throw new IllegalArgumentException("--cert and --key go together");
            }
            if (certificate != null && key != null) {
                builder.identity(certificate, key);
            }
            return builder;
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
    }

    /** Connects, talks, and tells what went wrong; gives the exit code. */
    int talk(Talk talk) throws Exception {
        try (A2aClient agent = builder().connect()) {
            return talk.with(agent);
        } catch (A2aException refused) {
            say("the server refused: " + refused.getMessage() + " (" + refused.code() + ")");
            return REFUSED;
        } catch (ConnectionFailed failed) {
            say(String.valueOf(failed.getMessage()));
            return REFUSED;
        }
    }

    Screen screen() {
        var command = spec().commandLine();
        return new Screen(command.getOut(), command.getErr(), picocli.CommandLine.Help.Ansi.AUTO.enabled());
    }

    void say(String text) {
        screen().say(text);
    }

    CommandSpec spec() {
        return requireNonNull(spec, "picocli sets the spec before it calls");
    }
}
