package dev.millrace.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.ToolExecutionException;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.invocation.InvocationParameters;
import dev.langchain4j.service.tool.DefaultToolExecutor;
import dev.langchain4j.service.tool.ToolExecutionResult;
import dev.millrace.agents.Tool;
import java.lang.reflect.Method;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** One method that a model can call. */
final class MethodTool implements Tool {
    private final Method method;
    private final ToolSpecification specification;
    private final ObjectNode parameters;
    private final DefaultToolExecutor executor;

    MethodTool(Object object, Method method, ToolSpecification specification) {
        this.method = method;
        this.specification = specification;
        parameters = schema(specification);
        executor = DefaultToolExecutor.builder()
                .object(object)
                .originalMethod(method)
                .methodToInvoke(method)
                .wrapToolArgumentsExceptions(true)
                .propagateToolExecutionExceptions(true)
                .build();
    }

    private static ObjectNode schema(ToolSpecification specification) {
        if (specification.parameters() == null) {
            ObjectNode none = JsonMapper.shared().createObjectNode().put("type", "object");
            none.putObject("properties");
            return none;
        }
        return JsonMapper.shared().valueToTree(JsonSchemaElementUtils.toMap(specification.parameters()));
    }

    @Override
    public String name() {
        return specification.name();
    }

    @Override
    public String description() {
        return specification.description() == null ? "" : specification.description();
    }

    @Override
    public ObjectNode parameters() {
        return parameters;
    }

    @Override
    public JsonNode call(Call call) throws Exception {
        ToolExecutionResult result;
        try {
            result = executor.executeWithContext(
                    ToolExecutionRequest.builder()
                            .id(call.key())
                            .name(name())
                            .arguments(call.arguments().toString())
                            .build(),
                    InvocationContext.builder()
                            .chatMemoryId(call.contextId())
                            .invocationParameters(InvocationParameters.from(Map.of(
                                    Tools.KEY, call.key(), Tools.OWNER, call.owner(), Tools.TASK_ID, call.taskId())))
                            .build());
        } catch (ToolExecutionException thrown) {
            throw thrown.getCause() instanceof Exception own ? own : thrown;
        }
        return json(result.resultText());
    }

    private JsonNode json(String text) {
        if (method.getReturnType() != String.class && method.getReturnType() != void.class) {
            try {
                return JsonMapper.shared().readTree(text);
            } catch (JacksonException plain) {
                // A text after all, such as that of a content.
            }
        }
        return StringNode.valueOf(text);
    }
}
