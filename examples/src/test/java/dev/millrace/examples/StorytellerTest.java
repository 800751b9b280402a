package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.millrace.client.A2aClient;
import dev.millrace.client.TaskStream;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StorytellerTest {
    private final List<List<ChatMessage>> asked = new CopyOnWriteArrayList<>();
    private final CountDownLatch firstWordRead = new CountDownLatch(1);

    /** Says its second word only when the first one was read. */
    private final StreamingChatModel model = new StreamingChatModel() {
        @Override
        public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
            asked.add(request.messages());
            Thread.ofVirtual().start(() -> {
                try {
                    handler.onPartialResponse("Once ");
                    firstWordRead.await();
                    handler.onPartialResponse("upon a time.");
                    handler.onCompleteResponse(ChatResponse.builder()
                            .aiMessage(AiMessage.from("Once upon a time."))
                            .build());
                } catch (InterruptedException e) {
                    handler.onError(e);
                }
            });
        }
    };

    @Test
    void each_word_is_read_when_the_model_says_it() throws Exception {
        try (Millrace server =
                        Millrace.with("storyteller", Storyteller.telling(model)).start();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            String context = null;
            try (TaskStream events = client.stream(Message.user("m1", "Tell me one"))) {
                for (StreamResponse event : events) {
                    context = event instanceof Task task ? task.contextId() : context;
                    if (event instanceof TaskArtifactUpdateEvent) {
                        firstWordRead.countDown();
                    }
                }
            }
            Task next = (Task) client.send(Message.user("m2", "And then?").in(context, null));
            assertThat(next.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(next.artifacts().getFirst().text()).isEqualTo("Once upon a time.");
            assertThat(asked.getLast().toString())
                    .contains("three sentences", "Tell me one", "Once upon a time.", "And then?");
        }
    }
}
