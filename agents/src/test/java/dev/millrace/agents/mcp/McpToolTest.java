package dev.millrace.agents.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.agents.Tool;
import dev.millrace.engine.Span;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class McpToolTest {
    private final AtomicReference<Map<String, Object>> sent = new AtomicReference<>();

    private final McpTool tool = new McpTool(
            "server", new McpSchema.Tool("look", null, "", Map.of("type", "object"), null, null, null), request -> {
                sent.set(request.meta());
                return McpSchema.CallToolResult.builder()
                        .content(List.of(new McpSchema.TextContent("seen")))
                        .build();
            });

    private JsonNode call() throws Exception {
        return tool.call(new Tool.Call(JsonNodeFactory.instance.objectNode(), "key", "owner", "context", "task"));
    }

    @Test
    void a_call_tells_the_server_its_key_and_the_trace_that_it_belongs_to() throws Exception {
        JsonNode result = new Traced().within(this::call);

        assertThat(result.stringValue()).isEqualTo("seen");
        assertThat(sent.get())
                .containsOnly(
                        Map.entry("millrace/idempotency-key", "key"),
                        Map.entry("traceparent", "00-trace-span-01"),
                        Map.entry("tracestate", "vendor=a"));
    }

    @Test
    void a_call_that_nobody_records_tells_of_no_trace() throws Exception {
        call();

        assertThat(sent.get()).containsOnlyKeys("millrace/idempotency-key");
    }

    /** A span of a trace that is recorded. */
    private static final class Traced implements Span {
        @Override
        public Span child(Kind kind, String name) {
            return this;
        }

        @Override
        public Span note(String key, String value) {
            return this;
        }

        @Override
        public Span note(String key, long value) {
            return this;
        }

        @Override
        public Span failed(String type) {
            return this;
        }

        @Override
        public void carry(BiConsumer<String, String> headers) {
            headers.accept("traceparent", "00-trace-span-01");
            headers.accept("tracestate", "vendor=a");
        }

        @Override
        public String traceId() {
            return "trace";
        }

        @Override
        public void close() {}
    }
}
