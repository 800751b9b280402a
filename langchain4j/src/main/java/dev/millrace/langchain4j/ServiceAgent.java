package dev.millrace.langchain4j;

import dev.langchain4j.service.TokenStream;
import dev.millrace.agents.ModelFailure;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;

/** Answers with a service that streams. */
record ServiceAgent(LangChainAgent.Service service) implements Agent {
    /** What a message without text is told. */
    static final String NO_TEXT = "The message has no text that could be answered.";

    @Override
    public void run(Turn turn) throws ModelFailure, InterruptedException {
        String message = turn.message().text();
        if (message.isBlank()) {
            turn.reject(NO_TEXT);
            return;
        }
        var answer = new Answer(turn, false);
        answer.await(() -> start(service.answer(message, turn.contextId()), answer));
    }

    private static void start(TokenStream stream, Answer answer) {
        stream.onPartialResponseWithContext((piece, context) -> answer.words(piece.text(), context.streamingHandle()))
                .onPartialThinkingWithContext(
                        (piece, context) -> answer.thoughts(piece.text(), context.streamingHandle()))
                .beforeToolExecution(tool -> answer.usesTool(tool.request().name()))
                .onIntermediateResponse(response -> answer.took(response.tokenUsage()))
                .onCompleteResponse(answer::whole)
                .onError(answer::failed)
                .start();
    }
}
