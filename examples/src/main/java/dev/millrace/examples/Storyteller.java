package dev.millrace.examples;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.millrace.engine.Agent;
import dev.millrace.langchain4j.LangChainAgent;
import dev.millrace.server.Millrace;

/**
 * A language model of LangChain4j as an agent: each word is with every reader the moment the model says it. For models with
 * tools, retries and costs there is a ready agent ({@code docs/agents.md}).
 */
public final class Storyteller {
    private Storyteller() {}

    static Agent telling(StreamingChatModel model) {
        return LangChainAgent.of(model).withSystemPrompt("You tell stories of three sentences.");
    }

    /** With any server that speaks OpenAI's language: {@code OPENAI_BASE_URL}, {@code OPENAI_API_KEY} and {@code OPENAI_MODEL}. */
    public static void main(String[] args) throws Exception {
        StreamingChatModel model = OpenAiStreamingChatModel.builder()
                .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1"))
                .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .modelName(System.getenv().getOrDefault("OPENAI_MODEL", "gpt-5-mini"))
                .build();
        Millrace server =
                Millrace.with("storyteller", telling(model)).port(8080).start();
        System.out.println("telling stories on " + server.uri());
    }
}
