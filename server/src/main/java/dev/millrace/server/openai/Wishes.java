package dev.millrace.server.openai;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request asks for beside its conversation, as agents with models read it off a message's metadata. What can't be
 * had is refused by its name; what does not change the answer, and what nobody knows, is passed over.
 */
final class Wishes {
    private final ObjectNode body;
    private final ObjectNode metadata = Json.object();

    Wishes(ObjectNode body) {
        this.body = body;
    }

    /** Wishes that can't be fulfilled, whatever they are. */
    Wishes refuse(Set<String> fields) throws Refusal {
        for (String field : fields) {
            JsonNode value = Json.given(body, field);
            if (value != null && !(value.isContainer() && value.isEmpty())) {
                throw Refusal.unsupported(field, "is not supported here; leave it out");
            }
        }
        return this;
    }

    /** Wishes that are granted only if they ask for what is anyway. */
    Wishes only(String field, Set<String> values) throws Refusal {
        JsonNode value = Json.given(body, field);
        if (value != null && !values.contains(value.isNumber() ? number(value) : value.asString(value.toString()))) {
            throw Refusal.unsupported(field, "can only be " + String.join(" or ", new java.util.TreeSet<>(values)));
        }
        return this;
    }

    private static String number(JsonNode value) {
        double number = value.doubleValue();
        return number == Math.rint(number) ? Long.toString((long) number) : value.toString();
    }

    Wishes model(AgentModels.Chosen chosen) {
        if (chosen.model() != null) {
            metadata.put("model", chosen.model());
        }
        return this;
    }

    Wishes system(@Nullable String prompt) {
        metadata.put("system", prompt == null ? "" : prompt);
        return this;
    }

    Wishes effort(JsonNode holder, String at, String field) throws Refusal {
        String effort = Json.text(holder, at, field);
        if (effort != null) {
            if (dev.millrace.agents.Effort.named(effort).isEmpty()) {
                throw Refusal.invalid(at + field, "must be none, minimal, low, medium, high, xhigh or max");
            }
            metadata.put("effort", effort);
        }
        return this;
    }

    /** How words are chosen, for this answer alone. */
    Wishes sampling(String... limits) throws Refusal {
        for (String limit : limits) {
            JsonNode tokens = Json.given(body, limit);
            if (tokens != null) {
                if (!tokens.isInt() || tokens.intValue() < 1) {
                    throw Refusal.invalid(limit, "must be a whole number above 0");
                }
                metadata.put("maxTokens", tokens.intValue());
            }
        }
        between("temperature", "temperature", 2);
        between("top_p", "topP", 1);
        JsonNode stop = Json.given(body, "stop");
        if (stop != null) {
            ArrayNode stops = metadata.putArray("stop");
            if (stop.isString()) {
                stops.add(stop);
            } else if (stop.isArray()
                    && stop.size() <= 4
                    && stop.values().stream().allMatch(JsonNode::isString)) {
                stop.forEach(stops::add);
            } else {
                throw Refusal.invalid("stop", "must be a string or an array of at most 4");
            }
        }
        return this;
    }

    private void between(String field, String choice, double most) throws Refusal {
        JsonNode value = Json.given(body, field);
        if (value != null) {
            if (!value.isNumber() || !(value.doubleValue() >= 0 && value.doubleValue() <= most)) {
                throw Refusal.invalid(field, "must be a number from 0 to " + (int) most);
            }
            metadata.put(choice, value.doubleValue());
        }
    }

    /**
     * The tools that the client runs itself.
     *
     * @param nested whether what a tool is stands in its field {@code function}, as chat completions have it
     */
    Wishes tools(boolean nested) throws Refusal {
        ArrayNode given = Json.list(body, "", "tools");
        ArrayNode tools = metadata.putArray("clientTools");
        for (int i = 0; given != null && i < given.size(); i++) {
            String at = "tools[" + i + "].";
            String type = Json.required(given.get(i), at, "type");
            if (!type.equals("function")) {
                throw Refusal.unsupported(
                        at + "type", "\"" + type + "\" is not run here; an agent has tools of its own");
            }
            JsonNode tool = nested ? given.get(i).path("function") : given.get(i);
            String in = nested ? at + "function." : at;
            ObjectNode made = tools.addObject().put("name", Json.required(tool, in, "name"));
            String description = Json.text(tool, in, "description");
            made.put("description", description == null ? "" : description);
            JsonNode parameters = Json.given(tool, "parameters");
            if (parameters != null) {
                if (!parameters.isObject()) {
                    throw Refusal.invalid(in + "parameters", "must be a JSON Schema");
                }
                made.set("parameters", parameters);
            }
        }
        JsonNode choice = Json.given(body, "tool_choice");
        if (choice != null && choice.asString("").equals("none")) {
            tools.removeAll();
        } else if (choice != null && !choice.asString("").equals("auto")) {
            throw Refusal.unsupported(
                    "tool_choice", "can only be auto or none: which tools it calls, the agent decides");
        }
        return this;
    }

    /** A text and nothing else. */
    Wishes plainText(JsonNode format, String at) throws Refusal {
        JsonNode type = Json.given(format, "type");
        if (type != null && !type.asString("").equals("text")) {
            throw Refusal.unsupported(at + "type", "can only be text");
        }
        return this;
    }

    /** Keeps something for the answer to repeat. */
    Wishes remember(ObjectNode request) {
        metadata.set("openai", request);
        return this;
    }

    ObjectNode metadata() {
        return metadata;
    }
}
