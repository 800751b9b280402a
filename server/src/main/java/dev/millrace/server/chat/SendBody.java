package dev.millrace.server.chat;

import static java.util.stream.Collectors.joining;

import dev.millrace.engine.Send;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of a request that sends a message.
 *
 * @param agent the agent that a new chat is to have; null = the default one
 * @param title of a new chat; null = none was given
 * @param parent the chat that a new one is a part of; null = none
 * @param busy what becomes of the message in a chat that is busy
 * @param message with an id and the role of a user, whether or not they were given
 */
record SendBody(
        @Nullable String agent,
        @Nullable String title,
        @Nullable String parent,
        Send.Busy busy,
        Message message) {
    private static final int MAX_TITLE = 200;
    private static final Set<String> OF_A_NEW_CHAT =
            Set.of("agent", "title", "parent", "message", "model", "effort", "system", "tools");
    private static final Set<String> OF_A_MESSAGE = Set.of("message", "busy", "model", "effort", "system", "tools");
    private static final Set<String> OF_AN_EDIT = Set.of("message", "model", "effort", "system", "tools");

    /** What is chosen beside a message, and where it stands in the message's metadata: a choice is a part of the talk. */
    private static final Map<String, String> CHOICES =
            Map.of("model", "model", "effort", "effort", "system", "system", "tools", "clientTools");

    /** The body that makes a chat. Its message cannot name a chat or a task: there is none yet. */
    static SendBody ofNewChat(byte[] json, Supplier<String> ids) {
        ObjectNode body = object(json, OF_A_NEW_CHAT);
        Message message = message(body, ids);
        if (message.contextId() != null) {
            throw new InvalidField("message.contextId", "must be left out: a new chat gets its id from the server");
        }
        if (message.taskId() != null) {
            throw new InvalidField(
                    "message.taskId", "must be left out: a new chat has no task; answer one in its own chat");
        }
        return new SendBody(text(body, "agent"), title(body), text(body, "parent"), Send.Busy.QUEUE, message);
    }

    /** The body that sends a message to a chat. */
    static SendBody ofMessage(byte[] json, String chatId, Supplier<String> ids) {
        ObjectNode body = object(json, OF_A_MESSAGE);
        return new SendBody(null, null, null, busy(body), inChat(body, chatId, ids));
    }

    /** The body that puts another message in the place of one. It makes a task of its own, or keeps the one it has. */
    static SendBody ofEdit(byte[] json, String chatId, Supplier<String> ids) {
        Message message = inChat(object(json, OF_AN_EDIT), chatId, ids);
        if (message.taskId() != null) {
            throw new InvalidField("message.taskId", "must be left out: the address says which message it replaces");
        }
        return new SendBody(null, null, null, Send.Busy.QUEUE, message);
    }

    private static Message inChat(ObjectNode body, String chatId, Supplier<String> ids) {
        Message message = message(body, ids);
        if (message.contextId() != null && !message.contextId().equals(chatId)) {
            throw new InvalidField("message.contextId", "names another chat than the address; leave it out");
        }
        return message.in(chatId, message.taskId());
    }

    private static Send.Busy busy(ObjectNode body) {
        String busy = text(body, "busy");
        return switch (busy) {
            case null -> Send.Busy.QUEUE;
            case "queue" -> Send.Busy.QUEUE;
            case "interrupt" -> Send.Busy.INTERRUPT;
            default -> throw new InvalidField("busy", "must be \"queue\" or \"interrupt\", or be left out");
        };
    }

    static ObjectNode object(byte[] json, Set<String> fields) {
        if (!(JsonText.parse(json) instanceof ObjectNode body)) {
            throw new InvalidField("", "must be an object");
        }
        // Not ignored, as A2A's are: nobody but us defines this request, so an unknown name is a slip of the pen.
        for (String name : body.propertyNames()) {
            if (!fields.contains(name)) {
                throw new InvalidField(
                        name,
                        "there is no such field; there are: "
                                + fields.stream().sorted().collect(joining(", ")));
            }
        }
        return body;
    }

    private static Message message(ObjectNode body, Supplier<String> ids) {
        JsonNode sent = body.get("message");
        if (sent == null || sent.isNull()) {
            throw new InvalidField("message", "is required");
        }
        if (!(sent instanceof ObjectNode fields)) {
            throw new InvalidField("message", "must be an object");
        }
        fill(fields, "messageId", "message_id", ids);
        fill(fields, "role", "role", Role.USER::wireName);
        choose(body, fields);
        Message message = A2aJson.MESSAGE.read(fields, "message");
        if (message.role() != Role.USER) {
            throw new InvalidField("message.role", "must be " + Role.USER.wireName() + ", or left out");
        }
        if (message.parts().isEmpty()) {
            throw new InvalidField("message.parts", "must have at least one part");
        }
        return message;
    }

    private static void choose(ObjectNode body, ObjectNode message) {
        CHOICES.forEach((name, field) -> {
            JsonNode chosen = body.get(name);
            if (chosen == null || chosen.isNull()) {
                return;
            }
            if (name.equals("tools") ? !chosen.isArray() : !chosen.isString()) {
                throw new InvalidField(name, name.equals("tools") ? "must be an array of tools" : "must be a string");
            }
            if (!message.hasNonNull("metadata")) {
                message.putObject("metadata");
            }
            if (message.get("metadata") instanceof ObjectNode metadata) {
                metadata.set(field, chosen);
            }
        });
    }

    private static void fill(ObjectNode fields, String name, String otherName, Supplier<String> value) {
        if (!fields.hasNonNull(name) && !fields.hasNonNull(otherName)) {
            fields.put(name, value.get());
        }
    }

    static @Nullable String title(ObjectNode body) {
        String title = text(body, "title");
        if (title == null) {
            return null;
        }
        if (title.isBlank() || title.length() > MAX_TITLE) {
            throw new InvalidField("title", "must have 1 to " + MAX_TITLE + " characters, or be left out");
        }
        return title.strip();
    }

    static @Nullable String text(ObjectNode body, String name) {
        JsonNode node = body.get(name);
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isString()) {
            throw new InvalidField(name, "must be a string");
        }
        return node.stringValue();
    }
}
