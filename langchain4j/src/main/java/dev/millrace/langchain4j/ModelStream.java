package dev.millrace.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;

/** A model's callbacks. Of each pair a model calls one: that with a context if its streams can be cancelled. */
record ModelStream(Answer answer) implements StreamingChatResponseHandler {
    @Override
    public void onPartialResponse(String piece) {
        answer.words(piece, null);
    }

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
        answer.words(piece.text(), context.streamingHandle());
    }

    @Override
    public void onPartialThinking(PartialThinking piece) {
        answer.thoughts(piece.text(), null);
    }

    @Override
    public void onPartialThinking(PartialThinking piece, PartialThinkingContext context) {
        answer.thoughts(piece.text(), context.streamingHandle());
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
        answer.whole(response);
    }

    @Override
    public void onError(Throwable error) {
        answer.failed(error);
    }
}
