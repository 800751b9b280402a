package dev.millrace.agents;

import org.jspecify.annotations.Nullable;

/**
 * What may be spent before the user is asked. Null = as much as it takes.
 *
 * @param turn for one message
 * @param chat for one chat, with those of its sub-agents
 * @param day for all of an owner's chats in one day, in UTC
 */
public record Budgets(
        @Nullable Budget turn,
        @Nullable Budget chat,
        @Nullable Budget day) {
    /** Nobody is asked. */
    public static final Budgets NONE = new Budgets(null, null, null);

    /**
     * One limit.
     *
     * @param tokens that models read and wrote; 0 = any number
     * @param costMicros in millionths of the unit of {@link ModelConfig#prices}; 0 = any
     */
    public record Budget(long tokens, long costMicros) {
        public Budget {
            if (tokens < 0 || costMicros < 0 || (tokens == 0 && costMicros == 0)) {
                throw new IllegalArgumentException("a budget must be above 0");
            }
        }

        /** Whether so much is no less than the budget, {@code times} over. */
        boolean reached(long usedTokens, long usedMicros, int times) {
            return (tokens > 0 && usedTokens >= tokens * times) || (costMicros > 0 && usedMicros >= costMicros * times);
        }
    }
}
