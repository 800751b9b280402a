package dev.millrace.agents;

import dev.langchain4j.data.message.AiMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a provider wants to get back with the results of a model's calls: the reasoning that led to them, and signatures of
 * it. Kept beside the calls, so that they are there after a restart, too.
 */
final class Thoughts {
    private Thoughts() {}

    static ObjectNode of(AiMessage said) {
        ObjectNode thoughts = Marks.object();
        if (said.thinking() != null) {
            thoughts.put("thinking", said.thinking());
        }
        ObjectNode attributes = Marks.object();
        said.attributes().forEach((name, value) -> {
            if (value instanceof String text) {
                attributes.put(name, text);
            } else if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
                list.forEach(each -> attributes.withArray(name).add((String) each));
            }
        });
        if (!attributes.isEmpty()) {
            thoughts.set("attributes", attributes);
        }
        return thoughts;
    }

    static Map<String, Object> attributes(JsonNode kept) {
        var attributes = new LinkedHashMap<String, Object>();
        kept.properties().forEach(each -> {
            JsonNode value = each.getValue();
            if (value.isString()) {
                attributes.put(each.getKey(), value.stringValue());
            } else if (value.isArray()) {
                var list = new ArrayList<String>();
                value.forEach(one -> list.add(one.asString()));
                attributes.put(each.getKey(), list);
            }
        });
        return attributes;
    }
}
