/** Tools of MCP servers: connections that are kept, and their tools as far as they can be called now. */
@NullMarked
package dev.millrace.agents.mcp;

import org.jspecify.annotations.NullMarked;
