package dev.millrace.agents;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that an agent may use, by id; the first is the default. Immutable; any thread. */
public final class Models {
    private final Map<String, ModelConfig> byId = new LinkedHashMap<>();
    private final List<ModelConfig> all;

    /** @throws IllegalArgumentException if there is none, or two have the same id */
    public Models(List<ModelConfig> models) {
        if (models.isEmpty()) {
            throw new IllegalArgumentException("a model agent needs at least one model");
        }
        for (ModelConfig model : models) {
            if (byId.put(model.id(), model) != null) {
                throw new IllegalArgumentException("two models are called \"" + model.id() + "\"");
            }
        }
        all = List.copyOf(models);
    }

    /** In the order they were given. */
    public List<ModelConfig> all() {
        return all;
    }

    public ModelConfig byDefault() {
        return all.getFirst();
    }

    public Optional<ModelConfig> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }
}
