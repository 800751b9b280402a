package dev.millrace.server.cli;

import dev.millrace.server.Millrace;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"millrace " + Millrace.version()};
    }
}
