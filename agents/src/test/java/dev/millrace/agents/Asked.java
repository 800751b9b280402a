package dev.millrace.agents;

import dev.millrace.testkit.ModelServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a model was asked. */
final class Asked {
    private Asked() {}

    static JsonNode json(ModelServer.Call call) {
        return JsonMapper.shared().readTree(call.body());
    }
}
