package dev.millrace.agents;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Which tools an agent has, and which of them ask first: by their names, where a {@code *} stands for any letters. */
public final class ToolChoice {
    private final Names allowed;
    private final Names asking;

    /**
     * @param allow the tools that it has; no other is there for it
     * @param approve those for which its user is asked each time, whatever they say themselves
     */
    public ToolChoice(List<String> allow, List<String> approve) {
        allowed = new Names(allow);
        asking = new Names(approve);
    }

    /** Those of the box, as they are there at the time. */
    public Toolbox of(Toolbox box) {
        return new Chosen(box);
    }

    private final class Chosen implements Toolbox {
        private final Toolbox box;

        Chosen(Toolbox box) {
            this.box = box;
        }

        @Override
        public List<Tool> tools() {
            return box.tools().stream()
                    .filter(tool -> allowed.have(tool.name()))
                    .map(tool -> asking.have(tool.name()) ? new Asking(tool) : tool)
                    .toList();
        }

        @Override
        public Toolbox inner() {
            return box.inner();
        }
    }

    private record Asking(Tool tool) implements Tool {
        @Override
        public String name() {
            return tool.name();
        }

        @Override
        public String description() {
            return tool.description();
        }

        @Override
        public ObjectNode parameters() {
            return tool.parameters();
        }

        @Override
        public JsonNode call(Call call) throws Exception {
            return tool.call(call);
        }

        @Override
        public boolean repeatable() {
            return tool.repeatable();
        }

        @Override
        public boolean needsApproval() {
            return true;
        }

        @Override
        public String target(ObjectNode arguments) {
            return tool.target(arguments);
        }

        @Override
        public @Nullable Duration timeout() {
            return tool.timeout();
        }
    }
}
