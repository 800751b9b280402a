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
 * agent is interrupted now and then, messages are edited, promoted and forked from, readers come and go; and when every task has ended, all of it is held against what
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
    private int edits;
    private int promotions;
    private int forks;

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
                if (!a2a) {
                    change(conversation);
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
        conversation.acknowledge(acknowledged(messageId, sent));
        trial.tally().add(Tally.Count.SENDS);
    }

    private static Acknowledged acknowledged(String messageId, JsonNode sent) {
        return new Acknowledged(
                messageId, sent.get("taskId").stringValue(), sent.get("offset").longValue());
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

    /** What only the chat API can do. */
    private void change(Conversation conversation) throws InterruptedException, Overdue {
        switch (random.nextInt(24)) {
            case 0, 1 -> edit(conversation);
            case 2, 3 -> promote(conversation);
            case 4 -> fork(conversation);
            default -> {}
        }
    }

    private void edit(Conversation conversation) throws InterruptedException, Overdue {
        List<String> standing = conversation.standing();
        if (standing.isEmpty()) {
            return;
        }
        String messageId = standing.get(random.nextInt(standing.size()));
        String replacement = name + "-e" + edits++;
        trial.tally().add(Tally.Count.EDITS);
        String path = "/api/v1/chats/" + conversation.id() + "/messages/" + messageId;
        String body = "{\"message\":" + message(replacement, "") + "}";
        JsonNode sent = trial.insist(random, "PATCH", path, body, 0, "Idempotency-Key", replacement)
                .json();
        conversation.replace(messageId, acknowledged(replacement, sent));
        // What it took out is known only then, and nothing of that can be edited again.
        long offset = sent.get("offset").longValue();
        while (!conversation.await(c -> c.lastOffset() >= offset, LOOK_MILLIS)) {
            trial.requireTime("no reader has seen the edit at " + offset);
        }
        if (conversation.standing().contains(messageId)) {
            lost(conversation, "message " + messageId + " was edited, and is still there");
        }
    }

    private void promote(Conversation conversation) throws InterruptedException, Overdue {
        List<String> waiting = conversation.waiting();
        if (waiting.isEmpty()) {
            return;
        }
        String taskId = waiting.get(random.nextInt(waiting.size()));
        String key = name + "-p" + promotions++;
        trial.tally().add(Tally.Count.PROMOTIONS);
        // It may have begun meanwhile, and is refused then.
        trial.insist(
                random,
                "POST",
                "/api/v1/chats/" + conversation.id() + "/queue/" + taskId + ":promote",
                "",
                409,
                "Idempotency-Key",
                key);
    }

    /** The copy has the same messages up to the one that was named, each once, and whole answers. */
    private void fork(Conversation conversation) throws InterruptedException, Overdue {
        List<String> begun = conversation.begun();
        if (begun.isEmpty()) {
            return;
        }
        String messageId = begun.get(random.nextInt(begun.size()));
        String key = name + "-f" + forks++;
        trial.tally().add(Tally.Count.FORKS);
        String path = "/api/v1/chats/" + conversation.id() + ":fork";
        String body = "{\"messageId\":\"" + messageId + "\"}";
        String copyId = trial.insist(random, path, body, "Idempotency-Key", key)
                .get("id")
                .stringValue();
        String again = trial.insist(random, path, body, "Idempotency-Key", key)
                .get("id")
                .stringValue();
        JsonNode copy = messages(copyId);
        List<String> all = begun(messages(conversation.id()));
        List<String> expected = all.subList(0, all.indexOf(messageId) + 1);
        if (!again.equals(copyId) || expected.isEmpty() || !begun(copy).equals(expected)) {
            lost(
                    conversation,
                    "the copy " + copyId + " (again: " + again + ") has " + begun(copy) + " and not " + expected);
        }
        var copied = new Conversation(copyId, true, new Tally());
        read(copied, copy.get("offset").longValue(), "-copy");
    }

    /** The messages that began tasks, of a page of messages. */
    private static List<String> begun(JsonNode page) {
        var ids = new ArrayList<String>();
        for (JsonNode each : page.get("messages")) {
            String id = each.at("/message/messageId").stringValue();
            if (each.at("/message/role").stringValue().equals("ROLE_USER") && !id.startsWith("answer-")) {
                ids.add(id);
            }
        }
        return ids;
    }

    private JsonNode messages(String chatId) throws InterruptedException, Overdue {
        return trial.insist(random, "GET", "/api/v1/chats/" + chatId + "/messages?limit=200", "", 0)
                .json();
    }

    private void answer(Conversation conversation) throws InterruptedException, Overdue {
        for (String taskId : conversation.asking()) {
            if (answered.add(taskId)) {
                String body = "{\"message\":{\"messageId\":\"answer-" + taskId + "\",\"taskId\":\"" + taskId
                        + "\",\"parts\":[{\"text\":\"yes\"}],\"metadata\":{\"words\":3}}}";
                // Only if nothing may have come in between: then it is refused, and rightly so.
                if (interrupts + edits + promotions == 0) {
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
        Witness afterwards = read(conversation, conversation.lastOffset(), "-afterwards");
        for (Reading reading : readings) {
            reading.end();
            reading.compare(afterwards);
        }
        Map<String, Conversation.Facts> tasks = conversation.tasks();
        for (Acknowledged each : conversation.acknowledged()) {
            Conversation.Facts facts = tasks.get(each.taskId());
            if (facts == null
                    || !facts.messageId().equals(each.messageId())
                    || (each.offset() != 0 && facts.saidAt() != each.offset())) {
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
        long stopped = tasks.values().stream()
                .filter(each -> each.state().equals("canceled") && !each.gone())
                .count();
        int stops = interrupts + promotions;
        // Over A2A the tasks of a conversation run side by side, and one interrupt stops all of them.
        if (canceled < interrupted || (a2a ? stops == 0 && canceled > 0 : stopped > stops)) {
            lost(
                    conversation,
                    interrupted + " of " + interrupts + " interrupts stopped something, beside " + promotions
                            + " promotions, but " + canceled + " tasks are canceled, " + stopped
                            + " of them no edit's");
        }
        if (!a2a) {
            List<String> listed = begun(messages(conversation.id()));
            if (!listed.equals(conversation.standing())) {
                lost(conversation, "listed are " + listed + ", but the journal tells of " + conversation.standing());
            }
        }
    }

    private void lost(Conversation conversation, String what) {
        trial.findings().add("conversation " + conversation.id() + ": " + what, conversation.describe());
    }

    /** Somebody who reads all of it only now. */
    private Witness read(Conversation conversation, long to, String who) throws InterruptedException, Overdue {
        while (true) {
            var witness = new Witness(name + who, conversation, trial.findings());
            try (Feed feed = Feed.chatEvents(trial.server(random).port(), conversation.id(), 0)) {
                while (witness.last() < to) {
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
