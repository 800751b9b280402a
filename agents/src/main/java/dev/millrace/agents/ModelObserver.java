package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Is told what agents ask of models and tools, for those who count. Called on turns' threads; must not block or throw. */
public interface ModelObserver {
    /** Tells nobody. */
    ModelObserver NONE = new ModelObserver() {};

    /**
     * One try to get an answer has ended.
     *
     * @param model its id
     * @param failure what went wrong; null = the answer is whole, or nobody wants it any more
     * @param firstWord from the request to the first that the model said; null = it said nothing
     * @param whole from the request to the end
     */
    default void asked(
            String model, ModelFailure.@Nullable Kind failure, @Nullable Duration firstWord, Duration whole) {}

    /**
     * What a model took for one answer.
     *
     * @param costMicros in millionths of the unit of its prices; 0 = none, or not known
     */
    default void used(String model, Tokens tokens, long costMicros) {}

    /** A tool has ended, or was given up. */
    default void ran(String tool, boolean failed, Duration took) {}

    /** A conversation was summed up. */
    default void summedUp(String model) {}
}
