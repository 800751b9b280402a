package dev.millrace.agents.mcp;

import java.io.IOException;

/** An MCP server answered, but with an error. */
final class McpRefusal extends IOException {
    private static final long serialVersionUID = 1L;

    McpRefusal(String message) {
        super(message);
    }
}
