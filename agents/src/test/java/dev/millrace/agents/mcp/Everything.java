package dev.millrace.agents.mcp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The protocol's reference server, from npm, as a program or as a process that listens. */
final class Everything implements AutoCloseable {
    private static final Path FOLDER = Path.of("src/test/mcp").toAbsolutePath();
    private static final Path PROGRAM =
            FOLDER.resolve("node_modules/@modelcontextprotocol/server-everything/dist/index.js");

    private final Process process;

    private Everything(Process process) {
        this.process = process;
    }

    /** Fetches it, if it is not there. */
    static void install() throws IOException, InterruptedException {
        int code = new ProcessBuilder(FOLDER.resolve("install").toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException(FOLDER.resolve("install") + " failed: it needs npm");
        }
    }

    static McpConfig.Program program() {
        return new McpConfig.Program("node", List.of(PROGRAM.toString(), "stdio"), Map.of());
    }

    /** @param kind sse or streamableHttp */
    static Everything listen(String kind, int port) throws IOException {
        var builder = new ProcessBuilder("node", PROGRAM.toString(), kind)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("PORT", Integer.toString(port));
        return new Everything(builder.start());
    }

    /** Kills it. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
