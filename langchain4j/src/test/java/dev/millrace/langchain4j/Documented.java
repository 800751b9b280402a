package dev.millrace.langchain4j;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.service.UserMessage;
import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Toolbox;
import dev.millrace.engine.Agent;
import java.util.List;

/** The code in docs/agents.md, as {@link DocumentedTest} finds it there. */
final class Documented {
    private Documented() {}

    static Agent model(StreamingChatModel model) {
        return LangChainAgent.of(model).withSystemPrompt("You tell stories of three sentences.");
    }

    interface Assistant {
        TokenStream chat(@MemoryId String chat, @UserMessage String message);
    }

    static Agent service(StreamingChatModel model) {
        Assistant assistant = AiServices.builder(Assistant.class)
                .streamingChatModel(model)
                .chatMemoryProvider(chat -> MessageWindowChatMemory.withMaxMessages(50))
                .tools(new Weather())
                .build();
        return LangChainAgent.of((message, chat) -> assistant.chat(chat, message));
    }

    record Place(String town, @P("two letters, ISO 3166") String country) {}

    enum Unit {
        CELSIUS,
        FAHRENHEIT
    }

    static final class Weather {
        @Tool("The temperatures in some places, now.")
        List<String> temperatures(@P("where") List<Place> places, @P(value = "in which", required = false) Unit unit) {
            if (places.isEmpty()) {
                throw new IllegalArgumentException("name at least one place");
            }
            return places.stream()
                    .map(place -> place.town() + ": 18 " + (unit == null ? Unit.CELSIUS : unit))
                    .toList();
        }
    }

    static Agent tools(ModelConfig model) {
        List<dev.millrace.agents.Tool> tools = Tools.of(new Weather());
        return new ModelAgent(AgentConfig.of(model).withToolboxes(List.of(Toolbox.of(tools))));
    }
}
