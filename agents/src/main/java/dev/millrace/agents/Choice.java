package dev.millrace.agents;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the user chose, in the metadata of messages. A choice holds from its message on, until another message chooses
 * otherwise; so it is part of the conversation, and is edited, forked and taken back with it.
 *
 * <ul>
 *   <li>{@code model}: the id of a model
 *   <li>{@code effort}: how much it reasons
 *   <li>{@code system}: a prompt for this conversation, after the agent's own; at most {@value #LONGEST_PROMPT} characters
 *   <li>{@code clientTools}: tools that the user's client runs, {@code [{"name":…,"description":…,"parameters":{…}}]}, at
 *       most {@value #MOST_TOOLS}
 * </ul>
 *
 * <p>How words are chosen holds for the message alone: {@code temperature} (0 to 2), {@code maxTokens} (never more than the
 * model is configured to), {@code topP} (0 to 1) and {@code stop}, a list of texts that end the answer.
 */
record Choice(
        ModelConfig model,
        @Nullable Effort effort,
        @Nullable String system,
        List<ClientTool> clientTools,
        Words words) {
    /** Those of coding agents have tens of thousands. */
    static final int LONGEST_PROMPT = 200_000;

    static final int MOST_TOOLS = 250;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    /** A tool that the user's client runs. */
    record ClientTool(String name, String description, ObjectNode parameters) {}

    /** How words are chosen; null, and none = as the provider has it. */
    record Words(@Nullable Double topP, List<String> stop) {
        static final Words ANY = new Words(null, List.of());
    }

    /** The message asks for something that can't be had. */
    static final class NotPossible extends Exception {
        private static final long serialVersionUID = 1L;

        NotPossible(String reason) {
            super(reason, null, false, false);
        }
    }

    /** @throws NotPossible for the message at hand; an earlier one's choice that can't be had any more is passed over */
    static Choice of(Models models, List<Message> history, Message message) throws NotPossible {
        var choice = new Choice(models.byDefault(), null, null, List.of(), Words.ANY);
        for (Message earlier : history) {
            try {
                choice = choice.with(models, earlier);
            } catch (NotPossible gone) {
                // what could be had then can't be had now: the choice before holds
            }
        }
        choice = choice.with(models, message);
        return new Choice(
                limited(choice.model, message),
                choice.model.effort(choice.effort),
                choice.system,
                choice.clientTools,
                new Words(number(message, "topP", 1), stop(message)));
    }

    private Choice with(Models models, Message message) throws NotPossible {
        if (message.role() != Role.USER || message.metadata() == null) {
            return this;
        }
        return new Choice(
                model(models, message, model),
                effort(message, effort),
                system(message, system),
                tools(message, clientTools),
                words);
    }

    private static ModelConfig limited(ModelConfig model, Message message) throws NotPossible {
        ModelConfig.Options options = model.options();
        Double temperature = number(message, "temperature", 2);
        JsonNode most = Marks.asked(message, "maxTokens");
        if (most != null && (!most.isInt() || most.intValue() < 1)) {
            throw new NotPossible("metadata.maxTokens must be a whole number above 0");
        }
        if (temperature == null && most == null) {
            return model;
        }
        Integer limit = options.maxTokens();
        if (most != null) {
            limit = limit == null ? most.intValue() : Math.min(limit, most.intValue());
        }
        return model.with(new ModelConfig.Options(
                temperature == null ? options.temperature() : temperature,
                limit,
                options.contextTokens(),
                options.effort(),
                options.mostEffort()));
    }

    private static @Nullable Double number(Message message, String field, double most) throws NotPossible {
        JsonNode wanted = Marks.asked(message, field);
        if (wanted == null) {
            return null;
        }
        if (!wanted.isNumber() || !(wanted.doubleValue() >= 0 && wanted.doubleValue() <= most)) {
            throw new NotPossible("metadata." + field + " must be a number from 0 to " + (int) most);
        }
        return wanted.doubleValue();
    }

    private static List<String> stop(Message message) throws NotPossible {
        JsonNode wanted = Marks.asked(message, "stop");
        if (wanted == null) {
            return List.of();
        }
        if (!wanted.isArray() || !wanted.values().stream().allMatch(JsonNode::isString)) {
            throw new NotPossible("metadata.stop must be an array of strings");
        }
        return wanted.values().stream().map(JsonNode::stringValue).toList();
    }

    private static ModelConfig model(Models models, Message message, ModelConfig before) throws NotPossible {
        JsonNode wanted = Marks.asked(message, "model");
        if (wanted == null) {
            return before;
        }
        return models.find(wanted.asString(""))
                .orElseThrow(() -> new NotPossible("metadata.model: there is no model " + wanted + "; there are: "
                        + models.all().stream().map(ModelConfig::id).collect(Collectors.joining(", "))));
    }

    private static @Nullable Effort effort(Message message, @Nullable Effort before) throws NotPossible {
        JsonNode wanted = Marks.asked(message, "effort");
        if (wanted == null) {
            return before;
        }
        return Effort.named(wanted.asString(""))
                .orElseThrow(() -> new NotPossible(
                        "metadata.effort must be none, minimal, low, medium, high, xhigh or max, but it is " + wanted));
    }

    private static @Nullable String system(Message message, @Nullable String before) throws NotPossible {
        JsonNode wanted = Marks.asked(message, "system");
        if (wanted == null) {
            return before;
        }
        if (!wanted.isString() || wanted.stringValue().length() > LONGEST_PROMPT) {
            throw new NotPossible("metadata.system must be a text of at most " + LONGEST_PROMPT + " characters");
        }
        return wanted.stringValue().isBlank() ? null : wanted.stringValue();
    }

    private static List<ClientTool> tools(Message message, List<ClientTool> before) throws NotPossible {
        JsonNode wanted = Marks.asked(message, "clientTools");
        if (wanted == null) {
            return before;
        }
        if (!(wanted instanceof ArrayNode) || wanted.size() > MOST_TOOLS) {
            throw new NotPossible("metadata.clientTools must be an array of at most " + MOST_TOOLS + " tools");
        }
        var tools = new ArrayList<ClientTool>();
        for (JsonNode each : wanted) {
            String at = "metadata.clientTools[" + tools.size() + "]";
            String name = each.path("name").asString("");
            if (!NAME.matcher(name).matches()) {
                throw new NotPossible(at + ".name must be 1 to 64 letters, digits, dashes and underscores");
            }
            if (tools.stream().anyMatch(tool -> tool.name().equals(name))) {
                throw new NotPossible(at + ".name: two tools are called " + name);
            }
            JsonNode parameters = each.path("parameters");
            if (!parameters.isMissingNode() && !parameters.isObject()) {
                throw new NotPossible(at + ".parameters must be the JSON Schema of an object");
            }
            tools.add(new ClientTool(
                    name,
                    each.path("description").asString(""),
                    parameters instanceof ObjectNode schema
                            ? schema
                            : Marks.object().put("type", "object")));
        }
        return tools;
    }
}
