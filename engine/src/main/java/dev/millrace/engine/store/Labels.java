package dev.millrace.engine.store;

import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A context's labels as a JSON object, which databases can look into. */
public final class Labels {
    private static final String NONE = "{}";

    private Labels() {}

    public static String write(Map<String, String> labels) {
        if (labels.isEmpty()) {
            return NONE;
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        labels.forEach(object::put);
        return object.toString();
    }

    public static SequencedMap<String, String> read(String json) {
        var labels = new TreeMap<String, String>();
        if (!json.equals(NONE)) {
            for (Map.Entry<String, JsonNode> label :
                    JsonMapper.shared().readTree(json).properties()) {
                labels.put(label.getKey(), label.getValue().asString());
            }
        }
        return labels;
    }
}
