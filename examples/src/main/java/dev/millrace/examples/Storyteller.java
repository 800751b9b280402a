package dev.millrace.examples;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.server.Millrace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A language model of LangChain4j as an agent: each word is with every reader the moment the model says it. For models with
 * tools, retries and costs there is a ready agent ({@code docs/agents.md}); this is how little it takes.
 */
public final class Storyteller implements Agent {
    private final StreamingChatModel model;

    public Storyteller(StreamingChatModel model) {
        this.model = model;
    }

    @Override
    public void run(Turn turn) throws Exception {
        var whole = new CompletableFuture<ChatResponse>();
        model.chat(conversation(turn), new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String words) {
                turn.say(words); // of a turn that was cancelled it throws, and the words go nowhere
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                whole.completeExceptionally(error);
            }
        });
        try {
            whole.get(); // interrupted when the turn is cancelled
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static List<ChatMessage> conversation(Turn turn) {
        var messages = new ArrayList<ChatMessage>();
        messages.add(SystemMessage.from("You tell stories of three sentences."));
        for (Message said : turn.history()) {
            messages.add(said.role() == Role.USER ? UserMessage.from(said.text()) : AiMessage.from(said.text()));
        }
        messages.add(UserMessage.from(turn.message().text()));
        return messages;
    }

    /** With any server that speaks OpenAI's language: {@code OPENAI_BASE_URL}, {@code OPENAI_API_KEY} and {@code OPENAI_MODEL}. */
    public static void main(String[] args) throws Exception {
        StreamingChatModel model = OpenAiStreamingChatModel.builder()
                .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1"))
                .apiKey(System.getenv().getOrDefault("OPENAI_API_KEY", "none"))
                .modelName(System.getenv().getOrDefault("OPENAI_MODEL", "gpt-5-mini"))
                .build();
        Millrace server =
                Millrace.with("storyteller", new Storyteller(model)).port(8080).start();
        System.out.println("telling stories on " + server.uri());
    }
}
