package dev.millrace.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.service.TokenStream;
import dev.millrace.agents.Conversation;
import dev.millrace.agents.ModelFailure;
import dev.millrace.agents.Provider;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat model or an AI service of LangChain4j as an agent.
 *
 * <p>Each word is with every reader when the model says it; reasoning, where the model shows it, goes to an artifact of its
 * own beside the answer. What the model took is told by {@link Turn#used}, in tokens; the cost is not known here. A failure
 * fails the task with a sentence for its user ({@link ModelFailure}). Any number of turns may run at once, if the model or
 * the service allows it; LangChain4j's own do.
 *
 * <p>A cancelled turn ends at once, and what the model says after that is dropped. The call itself is ended as far as
 * LangChain4j can: a stream with its next event, or at once if it has brought one already; a call that waits for its first
 * event goes on until that comes or its timeout is over (langchain4j#6304).
 *
 * <p>This is for models and services that a program already has. {@link dev.millrace.agents.ModelAgent} does more: tools
 * whose calls survive a crash, retries, budgets, long chats, and a connection that a cancel closes at any moment.
 */
public final class LangChainAgent implements Agent {
    /** Those whose protocol obliges them to say why an answer ended. Others, old servers of Ollama's among them, may not. */
    private static final Set<ModelProvider> SAY_WHY =
            Set.of(ModelProvider.OPEN_AI, ModelProvider.ANTHROPIC, ModelProvider.GOOGLE_AI_GEMINI);

    private final StreamingChatModel model;
    private final @Nullable String systemPrompt;

    private LangChainAgent(StreamingChatModel model, @Nullable String systemPrompt) {
        this.model = model;
        this.systemPrompt = systemPrompt;
    }

    /**
     * Answers with this model, which is told the whole conversation each time: after an edit or a fork it is the
     * conversation as it is then.
     */
    public static LangChainAgent of(StreamingChatModel model) {
        return new LangChainAgent(model, null);
    }

    /**
     * Answers with this service:
     *
     * <pre>{@code
     * interface Assistant {
     *     TokenStream chat(@MemoryId String chat, @UserMessage String message);
     * }
     *
     * LangChainAgent.of((message, memoryId) -> assistant.chat(memoryId, message))
     * }</pre>
     *
     * Each tool that the service runs is told as the task's status; after a cancel no further one is begun.
     */
    public static Agent of(Service service) {
        return new ServiceAgent(service);
    }

    /** Answers with a service that does not stream; its answer comes in one piece. What it took is not known. */
    public static Agent ofWhole(WholeService service) {
        return new WholeServiceAgent(service);
    }

    /** The same, and the model is told this before the conversation; blank = nothing. */
    public LangChainAgent withSystemPrompt(String prompt) {
        return new LangChainAgent(model, prompt);
    }

    @Override
    public void run(Turn turn) throws ModelFailure, InterruptedException {
        Provider kin = kin(model.provider());
        if (!Conversation.hasContent(turn.message(), kin)) {
            turn.reject("The message has no text that a model could answer.");
            return;
        }
        List<Message> said = new ArrayList<>(turn.history());
        said.add(turn.message());
        List<ChatMessage> conversation = Conversation.of(systemPrompt, said, kin);
        var answer = new Answer(turn, SAY_WHY.contains(model.provider()));
        answer.await(
                () -> model.chat(ChatRequest.builder().messages(conversation).build(), new ModelStream(answer)));
    }

    /** Whose models read files as this one does. */
    private static Provider kin(ModelProvider provider) {
        return provider == ModelProvider.OLLAMA ? Provider.OLLAMA : Provider.OPENAI;
    }

    /**
     * An AI service that streams.
     *
     * <p>What a service remembers of a chat is its own affair: its {@code ChatMemory}, under the id that it is given. It is
     * not told what was edited, forked or cleared here, it loses a memory that it holds in memory alone with its process,
     * and when a task is taken up again after a crash it hears the message a second time.
     */
    @FunctionalInterface
    public interface Service {
        /**
         * Begins to answer; the stream is not started yet. Called on the turn's own virtual thread.
         *
         * @param message the text of the message; never blank
         * @param memoryId the id of the chat
         */
        TokenStream answer(String message, String memoryId) throws Exception;
    }

    /** An AI service that gives its answer when it is whole; for its memory see {@link Service}. */
    @FunctionalInterface
    public interface WholeService {
        /**
         * Answers. Called on the turn's own virtual thread, which is interrupted when the turn is cancelled.
         *
         * @param message the text of the message; never blank
         * @param memoryId the id of the chat
         */
        String answer(String message, String memoryId) throws Exception;
    }
}
