package dev.millrace.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The agents of an engine, by name; the first is the default. Immutable; any thread. */
public final class AgentCatalog {

    /**
     * An agent and what it says of itself.
     *
     * @param name lower-case letters, digits, dots, dashes and underscores; it stands in URLs
     * @param description one sentence, for cards and lists
     */
    public record Listing(String name, String description, Agent agent) {
        public Listing {
            if (!name.matches("[a-z0-9][a-z0-9._-]{0,63}")) {
                throw new IllegalArgumentException("agent name \"" + name
                        + "\": use 1 to 64 lower-case letters, digits, '.', '-', '_', starting with a letter or digit");
            }
        }
    }

    private final Map<String, Listing> byName;

    public AgentCatalog(List<Listing> listings) {
        if (listings.isEmpty()) {
            throw new IllegalArgumentException("an engine needs at least one agent");
        }
        var map = new LinkedHashMap<String, Listing>();
        for (Listing listing : listings) {
            if (map.put(listing.name(), listing) != null) {
                throw new IllegalArgumentException("two agents are named \"" + listing.name() + "\"");
            }
        }
        byName = Map.copyOf(map);
        all = List.copyOf(listings);
    }

    private final List<Listing> all;

    public static AgentCatalog of(String name, Agent agent) {
        return new AgentCatalog(List.of(new Listing(name, name, agent)));
    }

    /** In the order they were given. */
    public List<Listing> all() {
        return all;
    }

    public Listing byDefault() {
        return all.getFirst();
    }

    public @Nullable Listing find(String name) {
        return byName.get(name);
    }

    /** The named agent, or the default one for null. */
    public Listing get(@Nullable String name) {
        if (name == null) {
            return byDefault();
        }
        Listing found = byName.get(name);
        if (found == null) {
            throw new Refused(
                    Refused.Reason.NO_AGENT,
                    "there is no agent \"" + name + "\"; there are: " + String.join(", ", byName.keySet()));
        }
        return found;
    }
}
