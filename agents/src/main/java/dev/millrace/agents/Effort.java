package dev.millrace.agents;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How much a model is to reason before it answers; what that means is the provider's. From least to most. */
public enum Effort {
    NONE,
    MINIMAL,
    LOW,
    MEDIUM,
    HIGH,
    XHIGH,
    MAX;

    /** What it is called in requests and configurations: {@code high}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The effort of that {@link #wireName}. */
    public static Optional<Effort> named(String wireName) {
        return Arrays.stream(values())
                .filter(each -> each.wireName().equals(wireName))
                .findFirst();
    }

    /** This one, or {@code most} if that is less. */
    Effort atMost(Effort most) {
        return compareTo(most) <= 0 ? this : most;
    }
}
