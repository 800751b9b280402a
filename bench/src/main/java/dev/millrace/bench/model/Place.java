package dev.millrace.bench.model;

import dev.millrace.bench.Samples;
import dev.millrace.bench.decisions.TokenServer;
import java.net.URI;

/**
 * Where answers are asked for, and what was measured there. All times are in nanoseconds.
 *
 * @param variant how it is called in the tables
 * @param base the URL in front of {@code /chat/completions}
 * @param store whether the server is to keep the answer
 * @param provider who makes the answer, at whatever distance
 * @param first from the request until its first token was there
 * @param there from the request until the provider had it
 * @param back from the provider's first byte until the first token was there
 * @param cpu of the whole process, for each answer
 * @param underWay how long each token was on its way, where they come one by one
 */
record Place(
        String variant,
        URI base,
        String model,
        boolean store,
        TokenServer provider,
        Samples first,
        Samples there,
        Samples back,
        Samples cpu,
        Samples underWay) {

    Place(String variant, URI base, String model, TokenServer provider) {
        this(variant, base, model, false, provider);
    }

    private Place(String variant, URI base, String model, boolean store, TokenServer provider) {
        this(
                variant,
                base,
                model,
                store,
                provider,
                new Samples(),
                new Samples(),
                new Samples(),
                new Samples(),
                new Samples());
    }

    /** The same, where what was said is kept. */
    Place storing(String name) {
        return new Place(name, base, model, true, provider);
    }

    boolean isServer() {
        return variant.startsWith("agent");
    }
}
