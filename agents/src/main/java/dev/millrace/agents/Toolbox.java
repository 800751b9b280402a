package dev.millrace.agents;

import java.util.List;

/** Tools that may come and go, such as those of a server. */
@FunctionalInterface
public interface Toolbox {
    /** Those that can be called now. Never blocks: a turn starts with the tools that are there. */
    List<Tool> tools();

    /** The box whose tools these are, where this one only chooses among them; itself otherwise. */
    default Toolbox inner() {
        return this;
    }

    /** Always these. */
    static Toolbox of(List<Tool> tools) {
        List<Tool> all = List.copyOf(tools);
        return () -> all;
    }
}
