package dev.millrace.bench.lists;

import dev.millrace.bench.Lost;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Send;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.StoreSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server with many chats, and one chat with many messages, asked over the chat API. */
final class Library implements AutoCloseable {
    /** Every so manieth chat speaks of it. */
    static final int RARE = 100;

    private static final String OWNER = "local";

    /** Fewer than a queue takes, so that no send is refused. */
    private static final int UNDER_WAY = 16;

    private final Millrace server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final JsonMapper json = new JsonMapper();
    private final Semaphore places = new Semaphore(UNDER_WAY);
    private final String longChat;

    Library(StoreSettings store, int chats, int messages) throws Exception {
        server = Millrace.with("librarian", this::answer)
                .settings(settings -> settings.store(store))
                .start();
        fill(chats - 1);
        longChat = talk(messages / 2);
    }

    private void answer(Turn turn) {
        turn.say("An answer to " + turn.message().text());
        places.release();
    }

    private void fill(int chats) throws InterruptedException {
        var sent = new CountDownLatch(chats);
        for (int i = 0; i < chats; i++) {
            String text = "chat number " + i + (i % RARE == 0 ? " about herons" : " about mills");
            places.acquire();
            Thread.startVirtualThread(() -> {
                engine().send(Send.chat(OWNER, null, Message.user(engine().newId(), text), text));
                sent.countDown();
            });
        }
        sent.await();
    }

    private Engine engine() {
        return server.engine();
    }

    private String talk(int questions) throws InterruptedException {
        places.acquire();
        String id = engine().send(Send.chat(OWNER, null, Message.user(engine().newId(), "question 0"), "the long one"))
                .contextId();
        for (int i = 1; i < questions; i++) {
            places.acquire();
            engine().send(Send.next(
                    OWNER, Message.user(engine().newId(), "question " + i).in(id, null)));
        }
        places.acquire(UNDER_WAY);
        places.release(UNDER_WAY);
        return id;
    }

    String longChat() {
        return longChat;
    }

    /** The answer to a request, which must be 200. */
    JsonNode get(String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(
                HttpRequest.newBuilder(URI.create(server.uri() + "/api/v1" + path))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new Lost("GET " + path + " was answered with " + response.statusCode());
        }
        return json.readTree(response.body());
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
