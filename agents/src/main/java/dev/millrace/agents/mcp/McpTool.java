package dev.millrace.agents.mcp;

import dev.millrace.agents.Tool;
import dev.millrace.engine.Span;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A tool of an MCP server. Its result is what it says as text, or its structured content where it says nothing; images and
 * the like are told of and left out. It may be run again if its server says that it only reads, or that twice is as once.
 */
final class McpTool implements Tool {
    private static final int LONGEST_NAME = 64;

    private final String name;
    private final McpSchema.Tool tool;
    private final Caller caller;

    /** Sends a call. */
    interface Caller {
        McpSchema.CallToolResult call(McpSchema.CallToolRequest request) throws IOException, InterruptedException;
    }

    McpTool(String server, McpSchema.Tool tool, Caller caller) {
        String full = server + "__" + tool.name().replaceAll("[^a-zA-Z0-9_-]", "_");
        name = full.length() <= LONGEST_NAME ? full : full.substring(0, LONGEST_NAME);
        this.tool = tool;
        this.caller = caller;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return tool.description() == null ? tool.name() : tool.description();
    }

    @Override
    public ObjectNode parameters() {
        return tool.inputSchema() != null
                        && JsonMapper.shared().valueToTree(tool.inputSchema()) instanceof ObjectNode schema
                ? schema
                : JsonNodeFactory.instance.objectNode().put("type", "object");
    }

    @Override
    public boolean repeatable() {
        McpSchema.ToolAnnotations says = tool.annotations();
        return says != null && (Boolean.TRUE.equals(says.readOnlyHint()) || Boolean.TRUE.equals(says.idempotentHint()));
    }

    @Override
    public JsonNode call(Call call) throws IOException, InterruptedException {
        Map<String, Object> arguments = new LinkedHashMap<>();
        call.arguments()
                .properties()
                .forEach(each ->
                        arguments.put(each.getKey(), JsonMapper.shared().treeToValue(each.getValue(), Object.class)));
        McpSchema.CallToolResult result =
                caller.call(new McpSchema.CallToolRequest(tool.name(), arguments, about(call)));
        String text = text(result.content());
        if (Boolean.TRUE.equals(result.isError())) {
            throw new IOException(text.isEmpty() ? "it failed" : text);
        }
        return text.isEmpty() && result.structuredContent() != null
                ? JsonMapper.shared().valueToTree(result.structuredContent())
                : StringNode.valueOf(text);
    }

    /** What travels beside the arguments, over every transport: W3C's trace headers have their place there (SEP-414). */
    private static Map<String, Object> about(Call call) {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("millrace/idempotency-key", call.key());
        Span.current().carry(meta::put);
        return meta;
    }

    private static String text(List<McpSchema.Content> contents) {
        var texts = new ArrayList<String>();
        for (McpSchema.Content content : contents) {
            switch (content) {
                case McpSchema.TextContent text -> texts.add(text.text());
                case McpSchema.EmbeddedResource resource
                when resource.resource() instanceof McpSchema.TextResourceContents text -> texts.add(text.text());
                case McpSchema.ResourceLink link -> texts.add(link.uri());
                default -> texts.add("[" + content.type() + " left out: it cannot be read here]");
            }
        }
        return String.join("\n", texts);
    }
}
