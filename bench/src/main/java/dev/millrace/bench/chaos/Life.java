package dev.millrace.bench.chaos;

import dev.millrace.bench.chaos.Conversation.Acknowledged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * The life of one conversation: it is begun, messages are sent, by the chat API or over A2A, questions are answered, the
 * agent is interrupted now and then, readers come and go; and when every task has ended, all of it is held against what
 * was promised. Then it is forgotten, so that a long run needs no more memory than a short one.
 */
final class Life {
    private static final long LOOK_MILLIS = 200;

    private final Trial trial;
    private final Random random;
    private final String name;
    private final boolean a2a;
    private final List<Reading> readings = new ArrayList<>();
    private final Set<String> answered = new HashSet<>();
    private int interrupts;
    private int interrupted;

    /** @param name that no other conversation has: ids are made from it */
    Life(Trial trial, long seed, String name) {
        this.trial = trial;
        this.name = name;
        random = new Random(seed);
        a2a = random.nextInt(4) == 0;
    }

    void run() throws InterruptedException {
        Conversation conversation = null;
        try {
            conversation = begin();
            trial.tally().add(Tally.Count.CHATS);
            read(conversation, "events", Feed::chatEvents);
            read(conversation, "socket", Feed::chatSocket);
            int messages = 2 + random.nextInt(8);
            for (int i = 1; i < messages && !trial.closing(); i++) {
                Thread.sleep(random.nextInt(300));
                send(conversation, i);
                if (random.nextInt(12) == 0) {
                    interrupt(conversation);
                }
                answer(conversation);
            }
            while (!conversation.await(Conversation::allEnded, LOOK_MILLIS)) {
                answer(conversation);
                trial.requireTime("not every task has ended");
            }
            judge(conversation);
        } catch (Overdue e) {
            trial.findings()
                    .add(
                            "conversation " + name + ": " + e.getMessage(),
                            conversation == null ? "" : conversation.describe());
        } finally {
            for (Reading reading : readings) {
                reading.end();
            }
        }
    }

    private void read(Conversation conversation, String kind, Reading.Opening opening) {
        var reading = new Reading(trial, conversation, name + "-" + kind, random.nextLong(), opening);
        readings.add(reading);
        reading.start();
    }

    /** A task's text is as good by every way, so its length and pace are all that differs. */
    private String message(String messageId, String more) {
        boolean ask = !a2a && random.nextInt(10) == 0;
        return "{\"messageId\":\"%s\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"count\"}],\"metadata\":{\"words\":%d,\"delayMs\":%d%s}%s}"
                .formatted(
                        messageId,
                        1 + random.nextInt(40),
                        random.nextInt(4) == 0 ? 50 : random.nextInt(10),
                        ask ? ",\"ask\":1" : "",
                        more);
    }

    private Conversation begin() throws InterruptedException, Overdue {
        String messageId = name + "-m0";
        if (a2a) {
            var conversation = new Conversation(name, false, trial.tally());
            sendA2a(conversation, messageId);
            return conversation;
        }
        String body = "{\"message\":" + message(messageId, "") + "}";
        JsonNode created = trial.insist(random, "/api/v1/chats", body, "Idempotency-Key", name);
        var conversation = new Conversation(created.at("/chat/id").stringValue(), true, trial.tally());
        acknowledge(conversation, messageId, created);
        return conversation;
    }

    private void send(Conversation conversation, int number) throws InterruptedException, Overdue {
        String messageId = name + "-m" + number;
        if (a2a) {
            sendA2a(conversation, messageId);
            return;
        }
        String body = "{\"message\":" + message(messageId, "") + "}";
        String path = "/api/v1/chats/" + conversation.id() + "/messages";
        JsonNode sent = trial.insist(random, path, body);
        acknowledge(conversation, messageId, sent);
        if (random.nextInt(8) == 0) {
            JsonNode again = trial.insist(random, path, body);
            if (!again.get("taskId").equals(sent.get("taskId"))
                    || !again.get("offset").equals(sent.get("offset"))) {
                trial.findings()
                        .add(
                                "message " + messageId + " was taken twice",
                                sent + "\n" + again + conversation.describe());
            }
        }
    }

    private void sendA2a(Conversation conversation, String messageId) throws InterruptedException, Overdue {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendMessage\",\"params\":{\"message\":"
                + message(messageId, ",\"contextId\":\"" + conversation.id() + "\"")
                + ",\"configuration\":{\"returnImmediately\":true}}}";
        JsonNode sent = trial.insist(random, "/a2a", body, "A2A-Version", "1.0");
        String taskId = sent.at("/result/task/id").stringValue();
        conversation.acknowledge(new Acknowledged(messageId, taskId, 0));
        trial.tally().add(Tally.Count.SENDS);
        if (random.nextBoolean()) {
            var reading = new Reading(trial, conversation, messageId + "-a2a", taskId, random.nextLong());
            readings.add(reading);
            reading.start();
        }
    }

    private void acknowledge(Conversation conversation, String messageId, JsonNode sent) {
        conversation.acknowledge(new Acknowledged(
                messageId, sent.get("taskId").stringValue(), sent.get("offset").longValue()));
        trial.tally().add(Tally.Count.SENDS);
    }

    /** Once: whether a request whose answer was lost stopped anything is not known. */
    private void interrupt(Conversation conversation) throws InterruptedException, Overdue {
        interrupts++;
        trial.tally().add(Tally.Count.INTERRUPTS);
        JsonNode done = trial.tryOnce(random, "/api/v1/chats/" + conversation.id() + ":interrupt", "{}");
        if (done != null && done.get("interrupted").booleanValue()) {
            interrupted++;
        }
    }

    private void answer(Conversation conversation) throws InterruptedException, Overdue {
        for (String taskId : conversation.asking()) {
            if (answered.add(taskId)) {
                String body = "{\"message\":{\"messageId\":\"answer-" + taskId + "\",\"taskId\":\"" + taskId
                        + "\",\"parts\":[{\"text\":\"yes\"}],\"metadata\":{\"words\":3}}}";
                // Only once, if an interrupt may come in between: then it is refused, and rightly so.
                if (interrupts == 0) {
                    trial.insist(random, "/api/v1/chats/" + conversation.id() + "/messages", body);
                } else {
                    interrupt(conversation);
                    answered.remove(taskId);
                }
            }
        }
    }

    /** Every task has ended. */
    private void judge(Conversation conversation) throws InterruptedException, Overdue {
        for (Reading reading : readings) {
            while (!reading.complete()) {
                trial.requireTime("reader " + reading.name() + " has not seen everything");
                Thread.sleep(20);
            }
        }
        Witness afterwards = readAll(conversation);
        for (Reading reading : readings) {
            reading.end();
            reading.compare(afterwards);
        }
        Map<String, Conversation.Facts> tasks = conversation.tasks();
        for (Acknowledged each : conversation.acknowledged()) {
            Conversation.Facts facts = tasks.get(each.taskId());
            if (facts == null
                    || !facts.messageId().equals(each.messageId())
                    || (each.offset() != 0 && facts.madeAt() != each.offset())) {
                lost(conversation, "message " + each.messageId() + " was acknowledged, but is not what its task has");
            }
        }
        Set<String> messages =
                tasks.values().stream().map(Conversation.Facts::messageId).collect(Collectors.toSet());
        if (messages.size() != tasks.size()
                || tasks.size() != conversation.acknowledged().size()) {
            lost(conversation, "there are " + tasks.size() + " tasks of " + messages.size() + " messages");
        }
        long canceled = tasks.values().stream()
                .filter(each -> each.state().equals("canceled"))
                .count();
        // Over A2A the tasks of a conversation run side by side, and one interrupt stops all of them.
        if (canceled < interrupted || (a2a ? interrupts == 0 && canceled > 0 : canceled > interrupts)) {
            lost(
                    conversation,
                    interrupted + " of " + interrupts + " interrupts stopped something, but " + canceled
                            + " tasks are canceled");
        }
    }

    private void lost(Conversation conversation, String what) {
        trial.findings().add("conversation " + conversation.id() + ": " + what, conversation.describe());
    }

    /** Somebody who reads all of it only now. */
    private Witness readAll(Conversation conversation) throws InterruptedException, Overdue {
        while (true) {
            var witness = new Witness(name + "-afterwards", conversation, trial.findings());
            try (Feed feed = Feed.chatEvents(trial.server(random).port(), conversation.id(), 0)) {
                while (witness.last() < conversation.lastOffset()) {
                    feed.next().forEach(witness::see);
                }
                return witness;
            } catch (IOException e) {
                trial.requireTime("the conversation can't be read: " + e);
                Thread.sleep(50);
            }
        }
    }
}
