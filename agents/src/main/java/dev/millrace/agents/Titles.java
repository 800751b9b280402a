package dev.millrace.agents;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.millrace.engine.Arrangement;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Turn;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names a chat after its first message, by a model of its own, beside the first turn. A chat whose user gave it a title keeps
 * that; where the model fails or says nothing fit for a title, the chat is called what it was called: what its first message
 * begins with.
 */
final class Titles {
    private static final Logger log = LoggerFactory.getLogger(Titles.class);
    private static final int LONGEST = 80;
    private static final int ENOUGH = 2_000;
    private static final String PROMPT =
            "Give the conversation that begins with this message a title of two to six words, in"
                    + " the message's language. Answer with the title alone: no quotes, no full stop.";

    private final ModelConnections connections;
    private final StreamingModels models;
    private final ModelConfig model;

    Titles(ModelConnections connections, StreamingModels models, ModelConfig model) {
        this.connections = connections;
        this.models = models;
        this.model = model;
    }

    /** Returns at once. What the model takes is counted as the task's, whether or not the turn has ended by then. */
    void name(Turn turn, Engine engine) {
        String first = turn.message().text().strip();
        if (first.isEmpty()) {
            return;
        }
        Thread.ofVirtual().name("title-" + turn.contextId()).start(() -> {
            try {
                Context chat = engine.context(turn.owner(), turn.contextId()).orElse(null);
                if (chat == null || !isMadeOf(chat.title(), first)) {
                    return;
                }
                String title = ask(turn, engine, first.substring(0, Math.min(first.length(), ENOUGH)));
                Context now = engine.context(turn.owner(), turn.contextId()).orElse(null);
                if (title != null && now != null && isMadeOf(now.title(), first)) {
                    engine.chats()
                            .arrange(turn.owner(), turn.contextId(), new Arrangement(title, null, null, null, null));
                }
            } catch (RuntimeException e) {
                log.info(
                        "chat {} keeps its first words as its title: {}",
                        turn.contextId(),
                        e.getClass().getName());
            }
        });
    }

    /** Whether nobody gave the title: it is the beginning of the message, with or without dots. */
    private static boolean isMadeOf(@Nullable String title, String first) {
        String plain = title == null ? "" : title.endsWith("…") ? title.substring(0, title.length() - 1) : title;
        return first.replaceAll("\\s+", " ").startsWith(plain);
    }

    private @Nullable String ask(Turn turn, Engine engine, String message) {
        var answer = new Answer();
        var exchange = new ModelExchange(connections, model);
        models.ask(
                model,
                model.effort(null),
                exchange,
                ChatRequest.builder()
                        .messages(SystemMessage.from(PROMPT), UserMessage.from(message))
                        .build(),
                answer);
        ChatResponse whole = answer.whole;
        if (exchange.failure() != null || whole == null) {
            log.info("chat {} keeps its first words as its title: the model {} failed", turn.contextId(), model.id());
            return null;
        }
        Tokens tokens = Tokens.of(whole.tokenUsage());
        engine.used(
                turn.owner(),
                turn.taskId(),
                tokens.input(),
                tokens.output(),
                model.prices() == null ? 0 : model.prices().micros(tokens));
        return fit(whole.aiMessage().text());
    }

    private static @Nullable String fit(@Nullable String said) {
        String line = said == null ? "" : said.strip().lines().findFirst().orElse("");
        String title = line.replaceAll("^[\"'#*\\s]+|[\"'*.\\s]+$", "");
        return title.isEmpty() || title.length() > LONGEST ? null : title;
    }

    /** The last word is all that counts. */
    private static final class Answer implements StreamingChatResponseHandler {
        private volatile @Nullable ChatResponse whole;

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole = response;
        }

        @Override
        public void onError(Throwable error) {
            // The exchange knows what went wrong.
        }
    }
}
