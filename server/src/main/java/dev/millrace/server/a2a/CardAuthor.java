package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.protocol.card.AgentCard;
import org.jspecify.annotations.Nullable;

/**
 * What the agents' cards say beyond what the server knows of them. It is given the server's own card, and gives another in
 * its place; where the agent is reached, and how, should stay as it is. Asked for each card; any thread; must be quick.
 */
public interface CardAuthor {
    /** Leaves the cards as they are; there are no extended ones. */
    CardAuthor NONE = new CardAuthor() {};

    /** The card that everybody may see. */
    default AgentCard open(Listing agent, AgentCard card) {
        return card;
    }

    /** Whether there are extended cards at all: the cards say so (A2A v1.0, 3.3.4). */
    default boolean extendsCards() {
        return false;
    }

    /**
     * The card for a client that is known; null if the agent has none for this one.
     *
     * @param owner who asks
     * @param card the one that everybody may see
     */
    default @Nullable AgentCard extended(Listing agent, String owner, AgentCard card) {
        return null;
    }
}
