package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The promise "nothing that was seen is lost", against a real process that is killed in the middle of its answers, again
 * and again on the same data folder. Each round starts several chats, each with a queue of messages, reads them, kills
 * the server after a random number of chunks was read, and starts the next one.
 */
class KillTest {
    /** More of them for a soak: {@code -Dmillrace.kill.rounds=500}. */
    private static final int ROUNDS = Integer.getInteger("millrace.kill.rounds", 20);

    private static final int CHATS = 3;
    private static final int QUEUED = 2;
    private static final int WORDS = 60;

    @TempDir
    Path folder;

    /** A message that was sent: acknowledged (then it has a task), or cut off before the answer. */
    private static final class Said {
        final String messageId;
        final String text;
        final int words;
        String task;

        Said(String messageId, String text, int words) {
            this.messageId = messageId;
            this.text = text;
            this.words = words;
        }

        String json() {
            String metadata = words == 0 ? "{\"delayMs\":1}" : "{\"words\":" + words + ",\"delayMs\":1}";
            return "{\"message\":{\"messageId\":\"%s\",\"parts\":[{\"text\":\"%s\"}],\"metadata\":%s}}"
                    .formatted(messageId, text, metadata);
        }

        String answer() {
            if (words == 0) {
                return "Echo: " + text;
            }
            var count = new StringBuilder("1");
            for (int i = 2; i <= words; i++) {
                count.append(' ').append(i);
            }
            return count.toString();
        }
    }

    private static final class Chat {
        final ChatReader reader = new ChatReader();
        final List<Said> said = new ArrayList<>();
        String id;
        Thread reading;

        String path() {
            return "/api/v1/chats/" + id;
        }
    }

    @Test
    void after_a_kill_every_acknowledged_message_is_answered_and_every_reader_ends_with_the_exact_text()
            throws Exception {
        long seed = System.nanoTime();
        int round = 0;
        try {
            var random = new Random(seed);
            ServerProcess server = ServerProcess.serve(folder, "--data", "data");
            try {
                for (round = 1; round <= ROUNDS; round++) {
                    List<Chat> chats = talk(server, random, round);
                    server.kill();
                    for (Chat chat : chats) {
                        chat.reading.join();
                    }
                    server = ServerProcess.serve(folder, "--data", "data");
                    takenUpAtOnce(server, chats);
                    sendAgainWhatWasNotAcknowledged(server, chats);
                    finished(server, chats);
                }
            } finally {
                server.close();
            }
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ", round " + round + ": " + e.getMessage(), e);
        }
    }

    /** Starts the chats and returns at a random moment in the middle of their answers. */
    private static List<Chat> talk(ServerProcess server, Random random, int round) throws Exception {
        int total = CHATS * (WORDS + QUEUED * 2);
        var moment = new CountDownLatch(1 + random.nextInt(total * 3 / 4));
        var chats = new ArrayList<Chat>();
        for (int i = 0; i < CHATS; i++) {
            var chat = new Chat();
            chats.add(chat);
            var first = new Said("r%d-c%d-m0".formatted(round, i), "count", WORDS);
            JsonNode created = accepted(server, "/api/v1/chats", first, 201);
            chat.id = created.at("/chat/id").stringValue();
            chat.said.add(first);
            var stream = server.uri(chat.path() + "/stream");
            chat.reading = Thread.ofVirtual().start(() -> {
                try {
                    chat.reader.read(stream, null, moment::countDown);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            for (int m = 1; m <= QUEUED; m++) {
                var next = new Said("r%d-c%d-m%d".formatted(round, i, m), "word%d of chat%d".formatted(m, i), 0);
                chat.said.add(next);
                accepted(server, chat.path() + "/messages", next, 202);
            }
        }
        // One more each while the answers stream: whether these are acknowledged is up to the kill.
        for (Chat chat : chats) {
            var last = new Said("%s-last".formatted(chat.said.getFirst().messageId), "last word", 0);
            chat.said.add(last);
            var path = server.uri(chat.path() + "/messages");
            Thread.ofVirtual().start(() -> {
                try {
                    HttpResponse<String> response = Web.post(path, last.json());
                    synchronized (last) {
                        last.task = response.statusCode() == 202
                                ? Web.JSON
                                        .readTree(response.body())
                                        .get("taskId")
                                        .stringValue()
                                : null;
                    }
                } catch (IOException killed) {
                    // then it was not acknowledged
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
        }
        assertThat(moment.await(60, TimeUnit.SECONDS)).as("chunks were read").isTrue();
        return chats;
    }

    private static JsonNode accepted(ServerProcess server, String path, Said message, int status) throws Exception {
        HttpResponse<String> response = Web.post(server.uri(path), message.json());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode json = Web.JSON.readTree(response.body());
        message.task = json.get("taskId").stringValue();
        return json;
    }

    /** When the server says that it is ready, whatever was left unfinished already runs. */
    private static void takenUpAtOnce(ServerProcess server, List<Chat> chats) throws Exception {
        for (Chat chat : chats) {
            JsonNode now = Web.getJson(server.uri(chat.path()));
            boolean open = false;
            for (JsonNode message :
                    Web.getJson(server.uri(chat.path() + "/messages")).get("messages")) {
                open |= !message.get("state").stringValue().equals("TASK_STATE_COMPLETED");
            }
            if (open) {
                assertThat(now.get("status").stringValue())
                        .as("chat %s right after the start: %s", chat.id, now)
                        .isEqualTo("running");
            }
        }
    }

    /** As a client does: the same message with the same id, whether or not the dead server had taken it. */
    private static void sendAgainWhatWasNotAcknowledged(ServerProcess server, List<Chat> chats) throws Exception {
        for (Chat chat : chats) {
            Said last = chat.said.getLast();
            String before;
            synchronized (last) {
                before = last.task;
            }
            HttpResponse<String> response = Web.post(server.uri(chat.path() + "/messages"), last.json());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
            String task = Web.JSON.readTree(response.body()).get("taskId").stringValue();
            if (before != null) {
                assertThat(task)
                        .as("the task of a message that was acknowledged")
                        .isEqualTo(before);
            }
            last.task = task;
        }
    }

    private static void finished(ServerProcess server, List<Chat> chats) throws Exception {
        for (Chat chat : chats) {
            chat.reader.read(server.uri(chat.path() + "/stream"), chat.said.getLast().task, () -> {});
            for (Said said : chat.said) {
                assertThat(chat.reader.state(said.task)).as(said.messageId).isEqualTo("TASK_STATE_COMPLETED");
                assertThat(chat.reader.text(said.task))
                        .as(
                                "what the reader has of the answer to %s; it was sent:%n%s",
                                said.messageId, chat.reader.log(said.task))
                        .isEqualTo(said.answer());
            }
            assertThat(conversation(server, chat)).containsExactlyElementsOf(expected(chat));
        }
    }

    private static List<String> conversation(ServerProcess server, Chat chat) throws Exception {
        var all = new ArrayList<String>();
        for (JsonNode said : Web.getJson(server.uri(chat.path() + "/messages")).get("messages")) {
            var text = new StringBuilder();
            said.at("/message/parts")
                    .forEach(part -> text.append(part.get("text").stringValue()));
            all.add(text.toString());
        }
        return all;
    }

    private static List<String> expected(Chat chat) {
        return chat.said.stream()
                .flatMap(said -> java.util.stream.Stream.of(said.text, said.answer()))
                .toList();
    }
}
