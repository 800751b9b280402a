package dev.millrace.agents;

/**
 * What a model's tokens cost, in whatever unit its user counts in (dollars, say), per million tokens. Reasoning is priced
 * as output.
 *
 * @param input that the model reads
 * @param cached that it reads from the provider's cache of prompts
 * @param cacheWrite that it reads and puts into that cache
 * @param output that it writes
 */
public record Prices(double input, double cached, double cacheWrite, double output) {
    public Prices {
        if (!(input >= 0 && cached >= 0 && cacheWrite >= 0 && output >= 0)) {
            throw new IllegalArgumentException("a price is never negative");
        }
    }

    /** The same price for cached input as for other. */
    public static Prices of(double input, double output) {
        return new Prices(input, input, input, output);
    }

    /** In millionths of the unit, rounded. A price per million tokens is a price in millionths per token. */
    long micros(Tokens tokens) {
        long fresh = Math.max(0, tokens.input() - tokens.cached() - tokens.cacheWrites());
        return Math.round(fresh * input
                + tokens.cached() * cached
                + tokens.cacheWrites() * cacheWrite
                + tokens.output() * output);
    }
}
