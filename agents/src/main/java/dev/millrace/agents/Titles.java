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

    private final ModelCalls calls;
    private final ModelConfig model;

    Titles(ModelCalls calls, ModelConfig model) {
        this.calls = calls;
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
        ChatRequest request = ChatRequest.builder()
                .messages(SystemMessage.from(PROMPT), UserMessage.from(message))
                .build();
        calls.told(turn, model, request);
        long begun = System.nanoTime();
        var answer = new Answer();
        var exchange = new ModelExchange(calls.connections(), model);
        try {
            calls.models().ask(model, model.effort(null), exchange, request, answer);
        } catch (RuntimeException e) {
            answer.onError(e);
        }
        ChatResponse whole = exchange.failure() == null ? answer.whole : null;
        Tokens tokens = whole == null ? Tokens.NONE : Tokens.of(whole.tokenUsage());
        calls.tell(model, whole == null ? failure(exchange, answer) : null, begun, answer.firstAt, tokens);
        if (whole == null) {
            log.info("chat {} keeps its first words as its title: the model {} failed", turn.contextId(), model.id());
            return null;
        }
        calls.said(turn, model, whole.aiMessage());
        engine.used(turn.owner(), turn.taskId(), tokens.input(), tokens.output(), model.cost(tokens));
        return fit(whole.aiMessage().text());
    }

    private static ModelFailure.Kind failure(ModelExchange exchange, Answer answer) {
        ModelFailure failure = exchange.failure();
        return failure != null
                ? failure.kind()
                : answer.wrong ? ModelFailure.Kind.UNINTELLIGIBLE : ModelFailure.Kind.CUT_OFF;
    }

    private static @Nullable String fit(@Nullable String said) {
        String line = said == null ? "" : said.strip().lines().findFirst().orElse("");
        String title = line.replaceAll("^[\"'#*\\s]+|[\"'*.\\s]+$", "");
        return title.isEmpty() || title.length() > LONGEST ? null : title;
    }

    /** The last word is all that counts. */
    private static final class Answer implements StreamingChatResponseHandler {
        private volatile @Nullable ChatResponse whole;
        private volatile long firstAt;
        private volatile boolean wrong;

        @Override
        public void onPartialResponse(String more) {
            if (firstAt == 0) {
                firstAt = System.nanoTime();
            }
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole = response;
        }

        @Override
        public void onError(Throwable error) {
            wrong = true;
        }
    }
}
