package dev.millrace.bench.chaos;

import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.server.cli.MillraceCommand;
import java.util.List;

/** {@code millrace serve} as it is, with the agent that counts. */
final class ReplicaMain {
    /** The system property with the process's name. */
    static final String PROCESS = "chaos.process";

    private ReplicaMain() {}

    public static void main(String[] arguments) {
        var agent = new CountingAgent(System.getProperty(PROCESS, "unnamed"));
        MillraceCommand.run(arguments, List.of(new Listing("counting", "Counts, and says who it is.", agent)));
    }
}
