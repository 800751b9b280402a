package dev.millrace.agents;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with a chat model, over any API that speaks OpenAI's chat completions.
 *
 * <p>The model gets the whole conversation and the message; its words go to the turn's answer one by one, as they come.
 * A cancel takes effect at once, whether or not the model has said anything: the connection is closed. A failure fails
 * the task with a sentence for its user, see {@link ModelFailure}; where {@link ModelConfig#retry} lets it try again,
 * the first words of the new answer replace what was said before. Prompts and answers are never logged.
 *
 * <p>Any number of turns may run at once. {@link #close} ends those that are under way.
 */
public final class ModelAgent implements Agent, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelAgent.class);

    private final ModelConfig config;
    private final HttpClient http;
    private final Pause pause;

    public ModelAgent(ModelConfig config) {
        this(config, Thread::sleep);
    }

    ModelAgent(ModelConfig config, Pause pause) {
        this.config = config;
        this.pause = pause;
        this.http = HttpClient.newBuilder()
                .connectTimeout(config.connectTimeout())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    @Override
    public void run(Turn turn) throws ModelFailure, InterruptedException {
        if (!Conversation.hasContent(turn.message())) {
            turn.reject("The message has no text that a model could answer.");
            return;
        }
        List<ChatMessage> conversation = Conversation.of(config.systemPrompt(), turn.history(), turn.message());
        boolean spoken = false;
        for (int attempt = 1; ; attempt++) {
            var answer = new ModelAnswer(turn, config, spoken);
            ModelFailure failure = ask(turn, conversation, answer);
            if (failure == null || turn.cancelled()) {
                return;
            }
            spoken |= answer.spoken();
            Duration wait = config.retry().after(failure, attempt);
            log.info(
                    "task {}: try {} failed, {}: {}",
                    turn.taskId(),
                    attempt,
                    failure.kind(),
                    wait == null ? "giving up" : "again in " + wait.toMillis() + " ms");
            if (wait == null) {
                throw failure;
            }
            turn.status(failure.getMessage() + " Trying again.");
            pause.of(wait);
        }
    }

    /** One try; what came of it, null for a whole answer or a turn that is over. */
    private @Nullable ModelFailure ask(Turn turn, List<ChatMessage> conversation, ModelAnswer answer)
            throws InterruptedException {
        var exchange = new ModelExchange(http, config);
        turn.onCancel(exchange::stop);
        model(exchange).chat(ChatRequest.builder().messages(conversation).build(), answer);
        if (exchange.interrupt() != null) {
            throw exchange.interrupt();
        }
        if (answer.thrownByTurn() != null) {
            throw answer.thrownByTurn();
        }
        if (exchange.stopped()) {
            return null;
        }
        ModelFailure failure = exchange.failure() != null ? exchange.failure() : answer.failure(exchange.done());
        if (failure == null && answer.finish() == FinishReason.LENGTH) {
            turn.status("The answer is cut short: the model reached its limit of tokens.");
        }
        return failure;
    }

    /** A model for one request: it is a few objects, and its HTTP client is the exchange. */
    private OpenAiStreamingChatModel model(ModelExchange exchange) {
        return OpenAiStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .apiKey(config.apiKey())
                .modelName(config.model())
                .temperature(config.temperature())
                .maxTokens(config.maxTokens())
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    /** Closes every connection. Turns that are under way fail. Idempotent. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
